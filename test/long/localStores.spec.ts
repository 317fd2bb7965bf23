import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parseLock } from "../../components/images/lock.ts";
import { demoImageName } from "../../lab/images/demo.ts";
import { ensureImages } from "../../lab/images/images.ts";
import { baseRootDir } from "../../lab/machines/baseRoot.ts";
import { consoleReport } from "../../lab/report.ts";
import { BundlingMachine } from "../support/bundling.ts";
import { RealRegistry, registryBinary } from "../support/realRegistry.ts";
import { StoreMachine } from "../support/storeMachine.ts";

const names = {
    podman: "registry.site.test/own/podman:1",
    docker: "registry.site.test/own/docker:1",
    saved: "registry.site.test/saved/docker:1",
    built: "docker.io/built/podman:1",
};

describe("a bundle of what is on this machine: Podman's store, Docker's daemon, and archives that both have made", () => {
    let machine: StoreMachine;

    before(async () => {
        machine = await StoreMachine.make();
        const demo = (await ensureImages(baseRootDir(), consoleReport()))[demoImageName] ?? "";
        cpSync(demo, join(machine.folder, "demo.tar"));
    });
    after(() => {
        machine.remove();
    });

    it("holds each under its name, and is the same file the next time", async () => {
        const bundle =
            `bundle --containers-storage ${names.podman} --docker-daemon own/docker:absent --output absent.tar || echo refused; ` +
            `bundle --containers-storage ${names.podman} --docker-daemon ${names.docker}` +
            ` --docker-archive saved.tar --oci-archive built.tar=built/podman:1 --output local.tar`;
        const { code, output } = await machine.run(
            [
                `podman load --quiet --input demo.tar; podman tag ${demoImageName} ${names.podman}`,
                `podman save --quiet --format oci-archive --output built.tar ${names.podman}`,
                `docker load --quiet --input demo.tar; docker tag ${demoImageName} ${names.docker}`,
                `docker tag ${demoImageName} ${names.saved}; docker save --output saved.tar ${names.saved}`,
                bundle,
                "mv local.tar first.tar; mv local.tar.sha256 first.tar.sha256",
                bundle.split("; ").at(-1) ?? "",
                "cmp first.tar local.tar && echo the same",
            ].join("\n"),
        );
        assert.equal(code, 0, output);
        assert.match(output, /docker\.io\/own\/docker:absent \(--docker-daemon\): .*\n.*run it again/);
        assert.equal(output.match(/there already/g)?.length, 4, output);
        assert.match(output, /the same/);
    });

    it("goes into a registry, whole", async () => {
        const folder = join(machine.folder, "inside");
        mkdirSync(folder);
        const registry = await RealRegistry.start(await registryBinary(), join(folder, "registry"));
        try {
            const client = await BundlingMachine.make(folder, [registry.host]);
            await client.must("tar", "-xf", join(machine.folder, "local.tar"), "-C", folder);
            await client.must("sha256sum", "-c", "--quiet", "SHA256SUMS");
            const { images } = parseLock(readFileSync(join(folder, "images.lock.json"), "utf8"), "local.tar");
            assert.deepEqual(images.map(({ image }) => image).sort(), Object.values(names).sort());
            for (const { image, digest } of images) {
                const target = `${registry.host}/${image.replace(/^[^/]+\//, "")}`;
                await client.must("regctl", "image", "copy", `ocidir://${folder}@${digest}`, target);
                assert.equal(await client.must("regctl", "manifest", "head", target), digest);
            }
        } finally {
            registry.stop();
        }
    });
});
