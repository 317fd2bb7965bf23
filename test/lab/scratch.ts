import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Report } from "../../lab/report.ts";

const own = join(import.meta.dirname, "..", "..");

/** A report that nobody reads. */
export const silent: Report = { stages: [], say: () => undefined, stage: (_what, work) => work() };

/** Sets variables of this process (or, with undefined, removes them) and returns what puts them back. */
export function setVariables(values: Readonly<Record<string, string | undefined>>): () => void {
    const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
    const apply = (wanted: Readonly<Record<string, string | undefined>>): void => {
        for (const [name, value] of Object.entries(wanted)) {
            if (value === undefined) Reflect.deleteProperty(process.env, name);
            else process.env[name] = value;
        }
    };
    apply(values);
    return () => {
        apply(before);
    };
}

/**
 * Another checkout of the lab, with places of its own for state and cache. What is tested on it can do nothing to
 * the lab of this checkout, which may be up: its machines, namespaces and cgroups have names of another lab.
 */
export class ScratchCheckout {
    readonly root = mkdtempSync(join(tmpdir(), "siteregistry-lab-"));
    readonly state = join(this.root, "state");
    readonly cache = join(this.root, "cache");
    /** Programs that stand in for real ones; with PATH set to it alone, no other can be run. */
    readonly bin = join(this.root, "bin");
    /** A line for each call of a stand-in. */
    readonly calls = join(this.root, "calls");

    constructor() {
        for (const path of [this.state, this.cache, this.bin]) mkdirSync(path);
        for (const name of ["lab", "settings", "components", "package.json", "Pulumi.yaml", "Pulumi.dev.yaml"]) {
            // Go's sources and sums are most of the lab, and no test reads them.
            const filter = (path: string): boolean => !/\/lab\/plugins|go\.sum$/.test(path);
            cpSync(join(own, name), join(this.root, name), { recursive: true, filter });
        }
        symlinkSync(join(own, "node_modules"), join(this.root, "node_modules"));
        writeFileSync(this.calls, "");
    }

    get variables(): Record<string, string> {
        return { HOME: this.root, XDG_STATE_HOME: this.state, XDG_CACHE_HOME: this.cache, PATH: this.bin };
    }

    /** A module of this checkout's lab. */
    load(path: string): Promise<unknown> {
        return import(pathToFileURL(join(this.root, "lab", path)).href);
    }

    /** Makes a program that notes how it was called and goes on as `script` says. */
    standIn(name: string, script: string): void {
        const path = join(this.bin, name);
        writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${this.calls}'\n${script}\n`);
        chmodSync(path, 0o755);
    }

    /** Runs a program of the lab to its end, as npm does, without a terminal. */
    run(program: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): Ended {
        const { status, stdout, stderr } = spawnSync(process.execPath, [join(this.root, "lab", program), ...args], {
            cwd: this.root,
            env: { ...this.variables, ...variables },
            stdio: ["ignore", "pipe", "pipe"],
            encoding: "utf8",
            // Long, for a machine that has other work; none of these commands waits for anything.
            timeout: 60_000,
        });
        return { status, stdout, stderr };
    }

    /** All that is in the places for state and cache. */
    made(): string[] {
        return [this.state, this.cache].flatMap((path) => readdirSync(path, { recursive: true, encoding: "utf8" }));
    }

    remove(): void {
        rmSync(this.root, { recursive: true });
    }
}

/** How a program ended and what it said. */
export interface Ended {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
}
