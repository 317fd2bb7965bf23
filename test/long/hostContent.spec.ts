import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeRandomImages } from "../../lab/images/randomImages.ts";
import { copyTools, onPath } from "../support/copyTools.ts";
import { HostSite } from "../support/hostSite.ts";
import { runningLab } from "../support/runningLab.ts";
import { bundleOf, lockedImages } from "../support/smallBundle.ts";
import { tunnelTo, type Tunnel } from "../support/tunnel.ts";

const port = 5447;
/** Port of this machine that leads to the registry's, as through a jump host. */
const tunnelPort = 15447;

describe("a registry on a machine behind another, by a user with sudo, that is filled by the same update", () => {
    let folder: string;
    let site: HostSite;
    let tunnel: Tunnel;
    let restorePath: () => void;

    before(async () => {
        const lab = await runningLab();
        folder = mkdtempSync(join(tmpdir(), "host-content-"));
        restorePath = onPath(await copyTools(join(folder, "bin")));
        const layout = join(folder, "layout");
        await writeRandomImages(layout, [
            { name: "registry.k8s.io/coredns/coredns:v1.12.4", layers: 1, layerBytes: 1 << 20 },
        ]);
        const { path, sha256 } = await bundleOf(layout, lockedImages(layout), join(folder, "site.tar"));
        const { address, port: sshPort, sudoer, hostKey } = lab.ssh();
        tunnel = await tunnelTo(lab, folder, tunnelPort, port);
        site = new HostSite(lab, "host-content", port);
        await site.prepare();
        // The machine itself is what is in between: from there, its SSH server is on its own loopback.
        const jump = { name: "gate", address, port: sshPort, hostKey };
        site.changeMachine({ address: "127.0.0.1", port: 22, user: sudoer, jump });
        site.stack.set((config) => {
            const source = { kind: "bundle", path, sha256 };
            const way = { destination: "host", address: `127.0.0.1:${tunnelPort.toString()}` };
            config["siteregistry:images"] = { source, ...way };
        });
    });
    after(async () => {
        await site.destroy();
        tunnel.close();
        restorePath();
        rmSync(folder, { recursive: true, force: true });
    });

    it("has the images of the bundle by the names that kubespray's roles ask for", async () => {
        await site.up();
        const { hostPasswords, images } = await site.outputs();
        const [image] = images ?? [];
        assert.equal(image?.reference, `${site.host}:${port.toString()}/coredns/coredns:v1.12.4`);
        const login = `registry:${hostPasswords.registry ?? ""}`;
        assert.equal(await site.code(`/v2/coredns/coredns/manifests/${image.digest}`, login), "200");
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("leaves nothing of either user but its images", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.equal(await site.left(), "");
    });
});
