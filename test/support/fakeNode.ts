import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { storeScript } from "../../components/systemStore/script.ts";

const scripts = join(import.meta.dirname, "..", "..", "components", "systemStore");

/** What a node is to believe where nothing else is said. */
export const firstRoot = "-----BEGIN CERTIFICATE-----\none\n-----END CERTIFICATE-----\n";

/** A node in a folder: its certificate store and its services are scripts that say what was asked of them. */
export class FakeNode {
    readonly root = mkdtempSync(join(tmpdir(), "store-"));
    private readonly setup = join(this.root, "setup.sh");
    private readonly bin = join(this.root, "bin");
    private readonly log = join(this.root, "log");

    constructor(anchors = "usr/local/share/ca-certificates", updater = "update-ca-certificates") {
        for (const folder of ["bin", "etc", anchors]) mkdirSync(join(this.root, folder), { recursive: true });
        writeFileSync(this.path("etc/hosts"), "127.0.0.1 localhost\n");
        writeFileSync(this.setup, storeScript());
        this.program(updater, "");
        this.program("systemctl", "");
    }

    path(relative: string): string {
        return join(this.root, relative);
    }

    /** Puts a program on the node that notes its call and then does `body`. */
    program(name: string, body: string): void {
        writeFileSync(join(this.bin, name), `#!/bin/sh\necho "${name} $*" >>"${this.log}"\n${body}\n`);
        chmodSync(join(this.bin, name), 0o755);
    }

    /** Runs the wrapper as the container does. */
    run(
        verb: string,
        env: Record<string, string> = {},
    ): { code: number | null; report: Record<string, unknown>; said: string } {
        const report = this.path("report");
        rmSync(report, { force: true });
        const { status, stdout, stderr } = spawnSync("sh", [join(scripts, "run.sh"), verb], {
            encoding: "utf8",
            env: {
                PATH: `${this.bin}:/usr/bin:/bin`,
                ...{ SETUP: this.setup, REPORT: report, ENTER: "", ROOT: this.root },
                ...{ OWNER: "trust", BUNDLE_ID: "b1", SERVICE: "containerd", TURN: "given", TRUSTED_CERT: firstRoot },
                ...env,
            },
        });
        const text = existsSync(report) ? readFileSync(report, "utf8") : "{}";
        return { code: status, report: JSON.parse(text) as Record<string, unknown>, said: stdout + stderr };
    }

    /** What was asked of the node since the last look. */
    asked(): string[] {
        const lines = existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
        rmSync(this.log, { force: true });
        return lines.filter((line) => line.startsWith("update") || line.startsWith("systemctl restart"));
    }

    /** Every file of the node's own, with its text. */
    files(): Record<string, string> {
        const { stdout } = spawnSync("find", ["etc", "usr", "var", "-type", "f"], { cwd: this.root, encoding: "utf8" });
        const names = stdout.trim().split("\n").sort();
        return Object.fromEntries(names.map((name) => [name, readFileSync(this.path(name), "utf8")]));
    }
}
