import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { baseRootDir } from "../../lab/machines/baseRoot.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { checkout } from "../../lab/paths.ts";
import { consoleReport } from "../../lab/report.ts";

/** What a script said, and how it ended. */
export interface Ran {
    readonly code: number;
    readonly output: string;
}

/**
 * The lab's Debian as a machine with Podman and a Docker of its own, for the time of one script: in namespaces that end with it, on a file
 * system of its own, with this checkout, regctl and Node beside it. Only its `/store` is the same folder outside.
 */
export class StoreMachine {
    /** The machine's `/store`, as it is outside. */
    readonly folder: string;
    private readonly programs: readonly string[];

    private constructor(folder: string, programs: readonly string[]) {
        this.folder = folder;
        this.programs = programs;
    }

    static async make(): Promise<StoreMachine> {
        const regctl = (await ensurePackages(["regctl"], consoleReport())).get("regctl") ?? "";
        const folder = mkdtempSync(join(tmpdir(), "stores-"));
        mkdirSync(join(folder, "store"));
        return new StoreMachine(join(folder, "store"), [regctl, join(checkout, "node_modules", ".bin")]);
    }

    /** Runs lines of shell there, after Docker's daemon answers. `bundle` in them is `npm run bundle --`. */
    run(lines: string): Promise<Ran> {
        const scratch = mkdtempSync(join(this.folder, "..", "machine-"));
        const file = (name: string, text: string): string => {
            writeFileSync(join(scratch, name), text);
            return join(scratch, name);
        };
        const bound = [this.folder, checkout, ...this.programs].map((source) => {
            const target = source === this.folder ? "/store" : source;
            return `mkdir -p root${target}; mount --bind ${source} root${target}`;
        });
        const inside = file("inside.sh", `${machine}\nbundle() { node ${checkout}/tools/bundle.ts "$@"; }\n${lines}\n`);
        const outside = file(
            "outside.sh",
            [
                "set -eu",
                `cd ${scratch}`,
                "mkdir disk root; mount -t tmpfs none disk; mkdir disk/upper disk/work",
                `mount -t overlay -o lowerdir=${baseRootDir()},upperdir=disk/upper,workdir=disk/work none root`,
                "mount --rbind /dev root/dev; mount -t proc none root/proc; mount --rbind /sys root/sys",
                ...bound,
                `cp ${inside} root/inside.sh`,
                `exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin:${this.programs.join(":")} HOME=/root chroot root sh /inside.sh`,
            ].join("\n"),
        );
        const apart = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"];
        return new Promise((resolve) => {
            execFile("unshare", [...apart, "sh", outside], { timeout: 300_000 }, (error, stdout, stderr) => {
                rmSync(scratch, { recursive: true, force: true });
                resolve({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` });
            });
        });
    }

    remove(): void {
        rmSync(join(this.folder, ".."), { recursive: true, force: true });
    }
}

/** Plain folders for layers, and no networks: neither needs more of this machine than any container has. */
const machine = `set -eu
mkdir -p /own; cd /store
printf '[storage]\\ndriver = "vfs"\\ngraphroot = "/own/images"\\nrunroot = "/own/run"\\n' >/own/storage.conf
export CONTAINERS_STORAGE_CONF=/own/storage.conf DOCKER_HOST=unix:///own/docker.sock INIT_CWD=/store
places="--data-root=/own/data --exec-root=/own/exec --pidfile=/own/pid --host=$DOCKER_HOST"
dockerd $places --bridge=none --iptables=false --ip6tables=false --storage-driver=vfs >/own/log 2>&1 </dev/null &
tries=0
until docker version >/dev/null 2>&1; do
    tries=$((tries + 1)); if [ $tries -gt 120 ]; then tail -n 5 /own/log; exit 1; fi; sleep 0.5
done`;
