import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { parse } from "yaml";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { HostSite } from "../support/hostSite.ts";
import { runningLab } from "../support/runningLab.ts";

describe("the life of a registry on a machine", () => {
    let lab: Lab;
    let site: HostSite;
    const place = { port: 5444 };
    /** What the registry's process is, which another one is not. */
    const process = (): Promise<string> => site.on(`systemctl show --property MainPID ${site.unit}`);
    const activity = (): Promise<string> => site.on(`systemctl is-active ${site.unit} || true`);

    before(async () => {
        lab = await runningLab();
        site = new HostSite(lab, "host-life", place.port);
        await site.prepare();
    });
    after(async () => {
        await site.on("umount /srv/host-life-full 2>/dev/null || true; rm -rf /srv/host-life-*");
        await site.destroy();
    });

    describe("before it is there", () => {
        afterEach(async () => {
            assert.equal((await site.attempt(`test -e /etc/systemd/system/${site.unit}`)).code, 1, "a unit is left");
            const folders = ["/etc/siteregistry", "/usr/local/lib/siteregistry"].map(
                (one) => `test -e ${one}/${site.name}`,
            );
            assert.equal((await site.attempt(folders.join(" || "))).code, 1, "a folder is left");
        });

        it("is refused in a folder that holds something else, and in another registry's", async () => {
            await site.on(`mkdir -p ${site.data}; echo mine >${site.data}/file`);
            assert.match(await site.refused(), /host\.dataDirectory: \/srv\/host-life is not empty/);
            await site.on(`rm ${site.data}/file; echo 'other of other.test' >${site.data}/.siteregistry`);
            assert.match(await site.refused(), /is another registry's, of other of other\.test/);
            await site.on(`rm -r ${site.data}`);
        });

        it("is refused where something else listens", async () => {
            const listen = `socat TCP-LISTEN:${place.port.toString()},fork /dev/null`;
            await site.on(`systemd-run --quiet --collect --unit host-life-squatter ${listen}; sleep 1`);
            try {
                assert.match(await site.refused(), /host\.port: something else listens on port 5444/);
            } finally {
                await site.attempt("systemctl stop host-life-squatter");
            }
        });

        it("is refused by a machine with another host key", async () => {
            const { hostKey } = site.machine;
            const made = await site.on(
                "d=$(mktemp -d); ssh-keygen -q -t ecdsa -N '' -f $d/key; cut -d ' ' -f 1,2 $d/key.pub; rm -r $d",
            );
            site.changeMachine({ hostKey: made.trim() });
            try {
                assert.match(await site.refused(), /host key mismatch/);
            } finally {
                site.changeMachine({ hostKey });
            }
        });
    });

    describe("over a way that does not lead there", () => {
        it("is refused to another login key", async () => {
            const made = "d=$(mktemp -d); ssh-keygen -q -t ed25519 -N '' -f $d/key; cat $d/key; rm -r $d";
            await site.secret('sshKeys["default"]', await site.on(made));
            try {
                const said = await site.refused();
                assert.match(said, /host-folder-host1[^]*unable to authenticate/);
                assert.doesNotMatch(said, /PRIVATE KEY/);
            } finally {
                await site.secret('sshKeys["default"]', lab.ssh().privateKey);
            }
        });

        it("is told of where no SSH server answers", async () => {
            const { port: sshPort } = site.machine;
            site.changeMachine({ port: 9 });
            try {
                assert.match(await site.refused(), /host-folder-host1[^]*127\.0\.0\.1:9: connect: connection refused/);
            } finally {
                site.changeMachine({ port: sshPort });
            }
        });
    });

    describe("from then on", () => {
        it("keeps what it has through a stop, a start, a change of port and another version", async () => {
            await site.up();
            const { hostPasswords } = await site.outputs();
            const login = `registry:${hostPasswords.registry ?? ""}`;
            const digest = await site.pushBlob(login);
            const before = await process();
            await site.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
            assert.equal(await process(), before);
            site.change({ state: "stopped" });
            assert.match(
                await site.up(),
                /host\.state: is stopped, so nothing that is named host-life\.site\.test:5444\/… can be pulled/,
            );
            assert.equal(await activity(), "inactive\n");
            assert.match(await site.on(`systemctl is-enabled ${site.unit} || true`), /disabled/);
            site.change({ state: "running", port: 5445 });
            const newer = site.useNewerProgram();
            await site.up();
            assert.equal(await site.on(`ls /usr/local/lib/siteregistry/${site.name}`), `registry-${newer}\n`);
            assert.equal(await site.code(`/v2/probe/blobs/${digest}`, login), "200");
            site.change({ port: place.port });
            await site.up();
        });

        it("is kept as it was by a change that cannot work", async () => {
            const before = await site.on(`cat /etc/siteregistry/${site.name}/revision`);
            await site.on(
                `mkdir -p /srv/host-life-full; mount -t tmpfs -o size=16k,mode=700 tmpfs /srv/host-life-full; head -c 16k /dev/zero >/srv/host-life-full/lost+found || true`,
            );
            site.change({ dataDirectory: "/srv/host-life-full" });
            assert.match(await site.refused(), /host\.dataDirectory: \/srv\/host-life-full cannot be written to/);
            await site.on("umount /srv/host-life-full");
            assert.equal(await site.on(`cat /etc/siteregistry/${site.name}/revision`), before);
            assert.equal(await activity(), "active\n");
        });

        it("takes no push on a full disk, serves what it has, and takes pushes again once there is space", async () => {
            const full = "/srv/host-life-full";
            await site.on(`mount -t tmpfs -o size=2m,mode=700 tmpfs ${full}`);
            await site.up();
            const login = `registry:${(await site.outputs()).hostPasswords.registry ?? ""}`;
            const digest = await site.pushBlob(login);
            await site.on(`head -c 4m /dev/zero >${full}/filling || true`);
            await assert.rejects(site.pushBlob(login, "another"));
            assert.equal(await site.code(`/v2/probe/blobs/${digest}`, login), "200");
            assert.equal(await activity(), "active\n");
            await site.on(`rm ${full}/filling`);
            await site.pushBlob(login, "another");
            site.change({ dataDirectory: site.data });
            await site.up();
            await site.on(`umount ${full}`);
        });

        it("is back by itself when the machine has lost power", async () => {
            const login = `registry:${(await site.outputs()).hostPasswords.registry ?? ""}`;
            const digest = await site.pushBlob(login);
            await site.on("sync");
            await lab.stopMachine("host1");
            await lab.startMachine("host1");
            const answers = async (): Promise<boolean> =>
                (await site.code(`/v2/probe/blobs/${digest}`, login)) === "200";
            await eventually("the registry after the start", 120, answers);
            await site.pulumi("preview", "--expect-no-changes");
        });

        it("comes back when its process is killed", async () => {
            await site.on(`systemctl kill --signal KILL ${site.unit}; sleep 4`);
            assert.equal(await activity(), "active\n");
            assert.equal(await site.code("/v2/"), "401");
        });

        it("is handed over to kubespray as a file without a secret", async () => {
            site.change({ kubespray: { version: "2.31.0" } });
            await site.up();
            const args = [join(checkout, "tools/kubespray.ts"), "kubespray", "--config-file", site.stack.file];
            const { stdout, stderr, status } = spawnSync("node", args, {
                env: { ...globalThis.process.env, ...site.stack.environment() },
                encoding: "utf8",
            });
            assert.equal(status, 0, stderr);
            const { registry_host } = parse(stdout) as Record<string, unknown>;
            assert.equal(registry_host, `${site.host}:${place.port.toString()}`);
            assert.ok(!stdout.includes((await site.outputs()).hostPasswords.registry ?? ""));
        });

        it("is taken away with its images only when that is asked for", async () => {
            site.change({ state: "absent" });
            await site.up();
            assert.equal(await site.left(), "");
            assert.equal((await site.attempt(`test -d ${site.data}/docker`)).code, 0);
            site.change({ deleteData: true });
            await site.up();
            assert.equal((await site.attempt(`test -e ${site.data}`)).code, 1);
            await site.pulumi("destroy", "--yes", "--skip-preview");
        });
    });
});
