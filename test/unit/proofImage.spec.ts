import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { imageLayout } from "../../components/proof/imageLayout.ts";
import { waitingProgram } from "../../components/proof/waitingProgram.ts";

interface Descriptor {
    digest: string;
    size: number;
    mediaType: string;
    platform?: { architecture: string };
}

describe("the proof's image", () => {
    const layout = imageLayout("0123456789ab");
    const bytes = (path: string): Buffer => Buffer.from(layout[path] ?? "", "base64");
    const json = (path: string): unknown => JSON.parse(bytes(path).toString());
    const blob = (descriptor: Descriptor): string => `blobs/sha256/${descriptor.digest.replace("sha256:", "")}`;

    it("is whole: every descriptor's digest and size fit, from the index down to the layers", () => {
        const check = (descriptor: Descriptor): void => {
            const content = bytes(blob(descriptor));
            assert.equal(content.length, descriptor.size);
            assert.equal(`sha256:${createHash("sha256").update(content).digest("hex")}`, descriptor.digest);
        };
        const top = json("index.json") as { manifests: Descriptor[] };
        const index = top.manifests[0];
        assert.ok(index !== undefined);
        check(index);
        const { manifests } = json(blob(index)) as { manifests: Descriptor[] };
        assert.deepEqual(
            manifests.map((manifest) => manifest.platform?.architecture),
            ["amd64", "arm64"],
        );
        for (const manifest of manifests) {
            check(manifest);
            const { config, layers } = json(blob(manifest)) as { config: Descriptor; layers: Descriptor[] };
            for (const descriptor of [config, ...layers]) check(descriptor);
        }
        assert.equal(Object.keys(layout).length, 2 + 1 + 2 * 3);
    });

    it("is the same for the same subject, and shares no layer with another", () => {
        assert.deepEqual(imageLayout("0123456789ab"), layout);
        const common = Object.keys(imageLayout("other")).filter((path) => path in layout);
        assert.deepEqual(common, ["oci-layout", "index.json"]);
    });

    it("has layers that tar reads", () => {
        const layers = Object.keys(layout).filter((path) => bytes(path).length > 1024);
        assert.equal(layers.length, 2);
        for (const layer of layers) {
            const listed = spawnSync("tar", ["-tvf", "-"], { input: bytes(layer), encoding: "utf8" });
            assert.equal(listed.status, 0, listed.stderr);
            assert.match(listed.stdout, /-rwxr-xr-x 0\/0 +\d+ 1970-01-01 .* proof\n-rw-r--r-- .* subject\n$/);
        }
    });

    it("waits for ever, and ends when it is told to", function () {
        if (process.platform !== "linux" || process.arch !== "x64") this.skip();
        const folder = mkdtempSync(join(tmpdir(), "proof-"));
        const file = join(folder, "proof");
        writeFileSync(file, waitingProgram("amd64"), { mode: 0o755 });
        const run = spawnSync(file, { timeout: 300, killSignal: "SIGTERM" });
        rmSync(folder, { recursive: true });
        assert.equal(run.signal, "SIGTERM");
        assert.equal(run.status, null);
    });
});
