import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { parse } from "yaml";

import { checkout } from "../../lab/paths.ts";
import { HostSite } from "../support/hostSite.ts";
import { runningLab } from "../support/runningLab.ts";

describe("the life of a registry on a machine", () => {
    let site: HostSite;
    const place = { port: 5444 };
    /** What the registry's process is, which another one is not. */
    const process = (): Promise<string> => site.on(`systemctl show --property MainPID ${site.unit}`);
    const activity = (): Promise<string> => site.on(`systemctl is-active ${site.unit} || true`);

    before(async () => {
        site = new HostSite(await runningLab(), "host-life", place.port);
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

    describe("from then on", () => {
        it("keeps what it has through a stop, a start and a change of port", async () => {
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
            await site.up();
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
            site.change({ dataDirectory: site.data });
            assert.equal(await site.on(`cat /etc/siteregistry/${site.name}/revision`), before);
            assert.equal(await activity(), "active\n");
            await site.up();
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
