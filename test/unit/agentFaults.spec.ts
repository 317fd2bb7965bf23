import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { eachShell } from "../support/agentShells.ts";
import { ScratchNode } from "../support/scratchNode.ts";
import { chosenSeed } from "../support/seed.ts";

const folder = "/etc/containerd/certs.d";

eachShell("the agent on a node that is not well", (shell) => {
    let node: ScratchNode;
    beforeEach(() => {
        node = new ScratchNode(shell);
    });
    afterEach(() => {
        node.clear();
    });

    /** Runs `apply` after some mounts of its own that nobody else sees, and says what is there afterwards. */
    const inside = (mounts: string): { status: number | null; files: string[]; said: string } => {
        const script = [
            ...["set -e", "mount --make-rprivate /", mounts],
            `env -i $AGENT_ENV ${shell.command} ${node.script} apply && code=0 || code=$?`,
            `find ${node.root}${folder} ${node.root}/var/lib/siteregistry -name '*siteregistry-new' -o -name work`,
            `find ${node.root}${folder} -type f`,
            "exit $code",
        ].join("\n");
        const env = node.environment();
        const words = Object.entries(env).map(([name, value]) => `${name}=${value ?? ""}`);
        const ended = spawnSync("unshare", ["-m", "sh", "-c", script], {
            env: { ...process.env, AGENT_ENV: words.join(" ") },
            encoding: "utf8",
        });
        return { status: ended.status, files: ended.stdout.split("\n").filter(Boolean), said: ended.stderr };
    };
    const disk = (path: string): string => `mount -t tmpfs -o size=64k tmpfs ${node.root}${path}`;
    const fill = (path: string): string => `dd if=/dev/zero of=${node.root}${path}/filler bs=1k 2>/dev/null || true`;
    const large = "x".repeat(20_000);

    it("says that the registry directory's disk is full, and leaves nothing half written", () => {
        node.give({
            [`${folder}/a/ca.crt`]: large,
            [`${folder}/b/ca.crt`]: large,
            [`${folder}/c/ca.crt`]: large,
            [`${folder}/d/ca.crt`]: large,
        });
        const { status, files, said } = inside(disk(folder));
        assert.equal(status, 1, said);
        assert.match(
            node.report().cause ?? "",
            /^cannot write \/etc\/containerd\/certs\.d\/.*: No space left on device/,
        );
        assert.deepEqual(files, []);
    });

    it("says that the ledger's disk is full, and touches nothing", () => {
        const { status, files } = inside(`${disk("/var/lib/siteregistry")}\n${fill("/var/lib/siteregistry")}`);
        assert.equal(status, 1);
        assert.match(node.report().cause ?? "", /ledger|write to \/var\/lib\/siteregistry/);
        assert.deepEqual(files, []);
    });

    for (const path of [folder, "/var/lib/siteregistry"]) {
        it(`says that ${path} is read-only`, () => {
            const at = node.root + path;
            const { status, files } = inside(`mount --bind ${at} ${at}\nmount -o remount,bind,ro ${at}`);
            assert.equal(status, 1);
            assert.match(node.report().cause ?? "", /^cannot .*: Read-only file system$/);
            assert.deepEqual(files, []);
        });
    }

    it("takes nothing from a hosts file for which there is no room", () => {
        node.give({}, "192.0.2.7 one.test\n");
        node.write("/etc/hosts", "127.0.0.1 localhost\n");
        const hosts = `${node.root}/etc/hosts`;
        const { status } = inside(
            [
                `mkdir ${node.root}/full`,
                disk("/full"),
                `cp ${hosts} ${node.root}/full/hosts`,
                fill("/full"),
                `mount --bind ${node.root}/full/hosts ${hosts}`,
            ].join("\n"),
        );
        assert.equal(status, 1);
        assert.equal(node.report().cause, "cannot write /etc/hosts: No space left on device");
    });

    it("writes over a hosts file that is mounted by itself", () => {
        node.give({}, "192.0.2.7 one.test\n");
        node.write("/etc/hosts", "127.0.0.1 localhost\n");
        const hosts = `${node.root}/etc/hosts`;
        const { status, said } = inside(`touch ${node.root}/x\nmount --bind ${hosts} ${hosts}`);
        assert.equal(status, 0, said);
        assert.match(node.read("/etc/hosts") ?? "", /192\.0\.2\.7 one\.test/);
    });

    it("names SELinux when that is what stands in the way", () => {
        const label = join(node.folder, "label");
        writeFileSync(label, "system_u:system_r:container_t:s0:c1,c2\0");
        node.delete(folder);
        node.write(folder, "a file where the directory should be");
        assert.match(
            node.refused({ env: { SELINUX_LABEL: label } }),
            /^cannot make the directory .*\(SELinux confines the agent as system_u:system_r:container_t/,
        );
        writeFileSync(label, "cri-containerd.apparmor.d (enforce)\n");
        assert.doesNotMatch(node.refused({ env: { SELINUX_LABEL: label } }), /SELinux/);
    });

    it("does not take what a killed agent had made ready of another bundle for its own", () => {
        node.apply();
        const path = Object.keys(node.everything()).find((name) => name.endsWith("hosts.toml")) ?? "";
        const text = node.read(`/${path}`);
        node.write(`/${path}.siteregistry-new`, "of another bundle");
        node.apply();
        assert.equal(node.read(`/${path}`), text);
        assert.equal(node.exists(`/${path}.siteregistry-new`), false);
    });

    it("restores a node to the byte, whenever it was killed", async () => {
        const seed = chosenSeed("kills");
        let state = seed;
        // The same numbers for the same seed.
        const random = (below: number): number => {
            state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
            return (state >> 8) % below;
        };
        node.write(`${folder}/one.test/hosts.toml`, '[host."https://cache.test"]', 0o640);
        node.write(`${folder}/two.test/ca.crt`, "their root");
        node.write("/etc/hosts", "127.0.0.1 localhost");
        const before = node.everything();
        const hosts = ["one.test", "two.test", "three.test"];
        const toml = (host: string, root: string): string =>
            `server = "https://${host}"\nca = ["${root}"]\n\n[host."https://${host}"]\nca = ["${root}"]\n`;
        const give = (): void => {
            const version = random(3).toString();
            const chosen = hosts.slice(random(3));
            node.give(
                Object.fromEntries(
                    chosen.flatMap((host) => [
                        [`${folder}/${host}/siteregistry-${version}.crt`, `root ${version}`],
                        [`${folder}/${host}/hosts.toml`, toml(host, `siteregistry-${version}.crt`)],
                    ]),
                ),
                `192.0.2.${version} one.test\n`,
            );
        };
        for (let round = 0; round < 6; round += 1) {
            for (let kills = 0; kills < 5; kills += 1) {
                give();
                const agent = node.start(random(4) === 0 ? "remove" : "apply", { pod: "pod" });
                const ended = once(agent, "close");
                await setTimeout(random(300));
                // The whole group: what the agent had started ends with it, as in a container.
                if (agent.exitCode === null && agent.pid !== undefined) process.kill(-agent.pid, "SIGKILL");
                await ended;
                for (const host of hosts) {
                    const text = node.read(`${folder}/${host}/hosts.toml`) ?? "";
                    for (const [, root = ""] of text.matchAll(/"(siteregistry-.*?)"/g))
                        assert.ok(
                            node.exists(`${folder}/${host}/${root}`),
                            `round ${round.toString()}: ${root} is missing`,
                        );
                }
            }
            if (random(2) === 0) {
                give();
                node.apply();
            }
            node.remove();
            assert.deepEqual(node.everything(), before, `round ${round.toString()}`);
        }
    }).timeout(120_000);
});
