import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { Lab } from "../../lab/lab.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { consoleReport } from "../../lab/report.ts";
import { HostSite } from "../support/hostSite.ts";
import { runningLab } from "../support/runningLab.ts";

const name = "host-containers";
/** Where systemd looks for what makes units. */
const generator = "/usr/local/lib/systemd/system-generators/podman-system-generator";

describe("a registry on a machine, as a container", () => {
    let lab: Lab;
    let site: HostSite;

    before(async () => {
        lab = await runningLab();
        site = new HostSite(lab, name, 5448);
        await site.prepare();
    });
    after(async () => {
        await site.destroy();
    });

    /** What has to be true of every runtime. `list` prints the names of its containers, `images` those of its images. */
    async function lives(runtime: string, list: string, images: string): Promise<void> {
        site.useContainer(runtime);
        await site.up();
        const { hostPasswords } = await site.outputs();
        const login = `registry:${hostPasswords.registry ?? ""}`;
        assert.equal(await site.on(`systemctl is-active ${site.unit}`), "active\n");
        assert.match(await site.on(list), new RegExp(`^siteregistry-${name}$`, "m"));
        assert.equal(await site.code("/v2/"), "401");
        const digest = await site.pushBlob(login);
        await site.pulumi("preview", "--expect-no-changes");

        await site.on(`systemctl kill --signal KILL ${site.unit}`);
        let tries = 0;
        while ((await site.code(`/v2/probe/blobs/${digest}`, login)) !== "200") {
            assert.ok((tries += 1) < 60, `${runtime}: it does not come back`);
            await setTimeout(500);
        }
        site.change({ state: "stopped" });
        await site.up();
        assert.equal(await site.on(`systemctl is-active ${site.unit} || true`), "inactive\n");
        assert.doesNotMatch(await site.on(list), new RegExp(name));
        site.change({ state: "running" });
        await site.up();
        assert.equal(await site.code(`/v2/probe/blobs/${digest}`, login), "200");

        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.equal(await site.left(), "");
        assert.doesNotMatch(await site.on(list), new RegExp(name));
        assert.doesNotMatch(await site.on(images), /registry/);
        assert.equal((await site.attempt(`test -d ${site.data}/docker`)).code, 0);
        await site.on(`rm -r ${site.data}`);
    }

    it("is refused by a podman that knows no Quadlets", async () => {
        site.useContainer("podman");
        assert.match(
            await site.refused(),
            /host\.runtime: is podman, which knows no Quadlets there: it has to be 4\.4/,
        );
        await site.pulumi("destroy", "--yes", "--skip-preview");
    });

    it("is a unit that podman's own generator makes of the Quadlet", async () => {
        const built = (await ensurePackages(["quadlet"], consoleReport())).get("quadlet") ?? "";
        await lab.copyTo("host1", join(built, "quadlet"), generator);
        await site.on(`chmod 755 ${generator}`);
        // The lab's machines lie on overlays themselves, and have cgroups of both versions, which crun does not take.
        const store =
            '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n';
        await lab.exec("host1", ["tee", "/etc/containers/storage.conf"], { input: store });
        const engine = '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n';
        await lab.exec("host1", ["tee", "/etc/containers/containers.conf"], { input: engine });
        try {
            await lives("podman", "podman ps --format '{{.Names}}'", "podman images --format '{{.Repository}}'");
        } finally {
            await site.on(
                `rm ${generator}; podman system reset --force >/dev/null 2>&1 || true; rm -f /etc/containers/storage.conf /etc/containers/containers.conf`,
            );
        }
    });

    it("is nerdctl's", async () => {
        const built = (await ensurePackages(["nerdctl"], consoleReport())).get("nerdctl") ?? "";
        const program = "/usr/local/bin/nerdctl";
        await lab.copyTo("host1", join(built, "nerdctl"), program);
        await site.on(`chmod 755 ${program}`);
        try {
            await lives("nerdctl", "nerdctl ps --format '{{.Names}}'", "nerdctl images --format '{{.Repository}}'");
        } finally {
            await site.on(`rm -rf ${program} /var/lib/nerdctl`);
        }
    });

    it("is docker's", async () => {
        const flags = "--bridge=none --iptables=false --ip6tables=false --storage-driver=vfs";
        const started = `systemd-run --quiet --collect --unit ${name}-dockerd --property Delegate=yes dockerd ${flags}`;
        await site.on(`${started}; for try in $(seq 60); do docker version >/dev/null 2>&1 && break; sleep 0.5; done`);
        try {
            await lives("docker", "docker ps --format '{{.Names}}'", "docker images --format '{{.Repository}}'");
            assert.match(await site.on("docker version --format '{{.Server.Version}}'"), /^20\.10/);
        } finally {
            await site.attempt(
                `systemctl stop ${name}-dockerd; umount /run/docker/netns/* 2>/dev/null; rm -rf /var/lib/docker`,
            );
        }
    });
});
