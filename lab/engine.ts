import { spawn } from "node:child_process";
import {
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

import { ensurePackages } from "./packages.ts";
import { checkout } from "./paths.ts";
import type { Report } from "./report.ts";

/** Versions of the engine and of the plugins that the program's npm packages ask for. */
const manifest = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
};
const engineVersion = manifest.dependencies.pulumi ?? "";
const plugins = ["command", "kubernetes", "random", "tls"].map((name) => ({
    name,
    version: manifest.dependencies[`@pulumi/${name}`] ?? "",
}));

/** Says which build a stand-in is. Its absence says that a plugin is the real one. */
const marker = "STAND-IN";
/** Says which build an engine of ours is. Its absence says that it was downloaded. */
const engineMarker = "BUILT-FROM-SOURCE";

/** How long a download may take before the lab builds the thing itself. Without a network, the answer comes at once. */
const downloadMs = 180_000;

/** How long a stand-in serves before the real plugin is asked for again. */
const retryMs = 24 * 3_600_000;

/** What a person should know of the engine in use. */
export interface Engine {
    /** Names of the plugins that are stand-ins here. */
    readonly standIns: readonly string[];
}

/**
 * Where Pulumi keeps its engine and plugins. What the lab runs is told so: without PULUMI_HOME the launcher goes by `HOME`
 * and the engine by the password file.
 */
export function pulumiHome(): string {
    return process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
}

/**
 * Sees to it that `npx pulumi` runs here: the real engine, and the plugins of the program.
 * What is installed stays; what can be downloaded is; only what cannot is built: the engine and its Node language host
 * from their own source, the plugins as stand-ins.
 */
export async function ensureEngine(report: Report): Promise<Engine> {
    await ensureCli(report);
    const standIns: string[] = [];
    for (const { name, version } of plugins) {
        if (await ensurePlugin(name, version, report)) standIns.push(name);
    }
    return { standIns };
}

async function ensureCli(report: Report): Promise<void> {
    const folder = join(pulumiHome(), "versions", engineVersion);
    const bin = join(folder, "bin");
    const ours = readMarker(join(folder, engineMarker));
    if (existsSync(join(bin, "pulumi")) && ours === undefined) return;
    if (ours === undefined) {
        const launcher = join(checkout, "node_modules", "pulumi", "run.js");
        if (await runs(process.execPath, [launcher, "version"])) return;
        report.say(`  the Pulumi engine ${engineVersion} cannot be downloaded here: it is built from source`);
    }
    const built = await ensurePackages(["pulumi", "language-nodejs"], report);
    const from = [...built.values()];
    place(folder, engineMarker, from.map((path) => basename(path)).join(" "), (unfinished) => {
        for (const path of from) cpSync(path, join(unfinished, "bin"), { recursive: true });
    });
}

/** Returns whether the plugin is a stand-in. */
async function ensurePlugin(name: string, version: string, report: Report): Promise<boolean> {
    const folder = join(pulumiHome(), "plugins", `resource-${name}-v${version}`);
    const mark = join(folder, marker);
    if (existsSync(folder) && !existsSync(mark)) return false;
    if (!existsSync(mark) || Date.now() - statSync(mark).mtimeMs > retryMs) {
        const pulumi = join(pulumiHome(), "versions", engineVersion, "bin", "pulumi");
        const install = ["plugin", "install", "resource", name, version, "--reinstall"];
        if (await runs(pulumi, install)) return false;
        report.say(`  the Pulumi plugin ${name} ${version} cannot be downloaded here: a stand-in takes its place`);
        if (existsSync(mark)) utimesSync(mark, new Date(), new Date());
    }
    const built = await ensurePackages(["plugins"], report);
    const from = built.get("plugins") ?? "";
    place(folder, marker, basename(from), (unfinished) => {
        const file = `pulumi-resource-${name}`;
        cpSync(join(from, file), join(unfinished, file));
    });
    return true;
}

function readMarker(path: string): string | undefined {
    return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

/** Puts a whole folder in place at once, unless the one that is there is of the same build. */
function place(folder: string, mark: string, build: string, fill: (unfinished: string) => void): void {
    if (readMarker(join(folder, mark)) === build) return;
    mkdirSync(join(folder, ".."), { recursive: true });
    const unfinished = mkdtempSync(`${folder}.unfinished-`);
    fill(unfinished);
    writeFileSync(join(unfinished, mark), `${build}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
}

/** Whether the command ends well in time. What it says is of no interest: if not, another way is taken, and said. */
async function runs(command: string, args: readonly string[]): Promise<boolean> {
    return await new Promise((resolve) => {
        const child = spawn(command, args, {
            stdio: "ignore",
            timeout: downloadMs,
            env: { ...process.env, PULUMI_HOME: pulumiHome(), PULUMI_SKIP_UPDATE_CHECK: "true" },
        });
        child.on("error", () => {
            resolve(false);
        });
        child.on("close", (code) => {
            resolve(code === 0);
        });
    });
}
