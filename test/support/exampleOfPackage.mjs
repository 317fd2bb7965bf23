// Run by test/e2e/package.spec.ts in somebody else's folder: tells the types of what a program there declares.
import * as pulumi from "@pulumi/pulumi";

const [mocks, program] = process.argv.slice(2);
const { underMocks } = await import(mocks);
const settings = { namespace: "seen-registry", trustNamespace: "seen-trust", host: "seen.site.test" };
pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(settings).map(([key, value]) => [`siteregistry:${key}`, value])),
);
const seen = await underMocks(() => import(program));
process.stdout.write(JSON.stringify(seen.map(({ type }) => type)));
