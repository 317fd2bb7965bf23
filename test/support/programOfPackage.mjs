// A program of somebody else's, which has the package and nothing of the checkout but the test's mocks.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [mocks, configuration, values, out] = process.argv.slice(2);
const { underMocks } = await import(pathToFileURL(mocks));
const { configure } = await import(pathToFileURL(configuration));
const siteregistry = await import("siteregistry");
configure(JSON.parse(values));
const seen = await underMocks(() => siteregistry.buildSite(siteregistry.readSettings(), []));
writeFileSync(out, JSON.stringify({ exported: Object.keys(siteregistry).sort(), seen }));
