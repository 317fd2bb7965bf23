import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { stringify } from "yaml";

/**
 * Makes the npm package in `dist/`: compiled, since Node strips no types below `node_modules`, with the files beside it that it
 * reads. It has a manifest of its own: Pulumi would run the `exports` of the checkout's in the place of `index.js`.
 */
const root = join(import.meta.dirname, "..");
const out = join(root, "dist");

rmSync(out, { recursive: true, force: true });
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], {
    stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
const { name, version, description, license, type, engines, dependencies } = manifest;
const entry = (file: string) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
const exports = { ".": entry("main"), "./program": entry("program"), "./package.json": "./package.json" };
// Who imports the package goes by its exports; Pulumi's language host, which requires the folder as a plugin, by `main`.
const main = "plugin/index.js";
const own = { name, version, private: true, description, license, type, main, exports, engines, dependencies };
writeFileSync(join(out, "package.json"), `${JSON.stringify(own, undefined, 2)}\n`);

const read = [
    "LICENSE",
    "compileCache.js",
    ...globSync("{components,plugin}/**/*.{sh,ps1}", { cwd: root }),
    // The copier's own files go into a pod as they stand.
    ...globSync("plugin/copier/*.ts", { cwd: root }),
    "plugin/pulumi-resource-siteregistry",
    "plugin/index.js",
    "plugin/schema.json",
];
for (const file of read) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    copyFileSync(join(root, file), join(out, file));
}
// The package's folder is a plugin too. Not so the checkout's: the engine would run `npm install` there, with scripts.
const plugin = { runtime: { name: "nodejs", options: { typescript: false } } };
writeFileSync(join(out, "PulumiPlugin.yaml"), stringify(plugin));
chmodSync(join(out, "plugin", "pulumi-resource-siteregistry"), 0o755);
