import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cacheDir } from "../../lab/paths.ts";

/** A shell, and the tools that are found with it. */
export interface AgentShell {
    name: string;
    command: string;
    /** The search path: only what such a machine or image has. */
    path: string;
}

/** Runs the specs of `body` under every shell that agents meet: dash with GNU's tools, and busybox with its own. */
export function eachShell(title: string, body: (shell: AgentShell) => void): void {
    describe(`${title}, under dash`, () => {
        body({ name: "dash", command: existsSync("/usr/bin/dash") ? "/usr/bin/dash" : "/bin/sh", path: systemPath });
    });
    const busybox = findBusybox();
    if (busybox === undefined) {
        console.warn(`    NOT RUN under busybox: ${title}. Neither the machine nor the lab's cache has one.`);
        return;
    }
    describe(`${title}, under busybox`, () => {
        const shell = { name: "busybox", command: busybox, path: "" };
        before(() => {
            shell.path = mkdtempSync(join(tmpdir(), "applets-"));
            const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
            for (const applet of applets) symlinkSync(busybox, join(shell.path, applet));
            shell.command = join(shell.path, "sh");
        });
        after(() => {
            rmSync(shell.path, { recursive: true, force: true });
        });
        body(shell);
    });
}

const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The machine's own, or the static one that the lab builds its images with. */
function findBusybox(): string | undefined {
    const own = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).stdout.trim();
    return own !== "" ? own : globSync(join(cacheDir(), "rootfs/*/usr/bin/busybox"))[0];
}
