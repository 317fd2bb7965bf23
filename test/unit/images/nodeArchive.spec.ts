import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chunksOf } from "../../../plugin/images/chunks.ts";
import { Layout } from "../../../plugin/images/layout.ts";
import { nodeArchive, type NodeArchive } from "../../../plugin/images/nodeArchive.ts";
import { platformImage } from "../../../plugin/images/platformImage.ts";
import { ownArchitecture, writeMultiLayout } from "../../support/multiLayout.ts";

const name = "example.test/one:1";

describe("the archive for a node", () => {
    let folder = "";
    let digest = "";
    let layout: Layout;

    beforeEach(async () => {
        folder = mkdtempSync(join(tmpdir(), "node-archive-"));
        const digests = await writeMultiLayout(folder, [{ name, layers: 3, layerBytes: 100_000 }]);
        digest = digests[name] ?? "";
        layout = new Layout(folder);
    });
    afterEach(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    const archive = (...names: string[]): Promise<NodeArchive> =>
        nodeArchive(layout, [{ ...platformImage(layout, name, digest, ownArchitecture()), names }]);
    const bytes = async ({ content }: NodeArchive): Promise<Buffer> => {
        const parts: Buffer[] = [];
        for await (const part of content()) parts.push(part);
        return Buffer.concat(parts);
    };

    it("is a layout that tar reads, with the whole index and only this platform's blobs", async () => {
        const made = await archive(name, `example.test/one@${digest}`);
        const whole = await bytes(made);
        assert.equal(whole.length, made.size);
        const out = mkdtempSync(join(tmpdir(), "node-archive-out-"));
        try {
            execFileSync("tar", ["-x", "-C", out], { input: whole });
            const { manifests } = JSON.parse(readFileSync(join(out, "index.json"), "utf8")) as {
                manifests: { digest: string; annotations: Record<string, string> }[];
            };
            assert.deepEqual(
                manifests.map((one) => [one.digest, one.annotations["io.containerd.image.name"]]),
                [
                    [digest, name],
                    [digest, `example.test/one@${digest}`],
                ],
            );
            const blobs = readdirSync(join(out, "blobs/sha256"));
            // Index, manifest, configuration and three layers.
            assert.equal(blobs.length, 6);
            for (const blob of blobs) {
                const content = readFileSync(join(out, "blobs/sha256", blob));
                assert.equal(createHash("sha256").update(content).digest("hex"), blob);
            }
        } finally {
            rmSync(out, { recursive: true, force: true });
        }
        assert.ok((await bytes(await archive(name, `example.test/one@${digest}`))).equals(whole));
    });

    it("comes in pieces that make it whole again", async () => {
        const made = await archive(name);
        const whole = await bytes(made);
        for (const size of [1_000, 4_096, whole.length, whole.length * 2]) {
            const pieces: Buffer[] = [];
            for await (const { bytes: piece, sha256 } of chunksOf(made.content(), size)) {
                assert.equal(createHash("sha256").update(piece).digest("hex"), sha256);
                pieces.push(piece);
            }
            assert.ok(pieces.slice(0, -1).every(({ length }) => length === size));
            assert.equal(pieces.length, Math.ceil(whole.length / size));
            assert.ok(Buffer.concat(pieces).equals(whole));
        }
    });

    it("is not made of a layout that lost something", async () => {
        const { blobs } = platformImage(layout, name, digest, ownArchitecture());
        const [layer, manifest] = [blobs.at(-1)?.digest.slice(7) ?? "", blobs[1]?.digest.slice(7) ?? ""];
        truncateSync(join(folder, "blobs/sha256", layer), 10);
        await assert.rejects(archive(name).then(bytes), /has 10 bytes and shall have/);
        rmSync(join(folder, "blobs/sha256", manifest));
        assert.throws(() => archive(name), new RegExp(`the blob sha256:${manifest} of .* cannot be read`));
    });

    it("is for what the image is for", () => {
        const refused = (architecture: string): RegExp => new RegExp(`not for linux/${architecture}; it is for linux/`);
        assert.throws(() => platformImage(layout, name, digest, "riscv64"), refused("riscv64"));
        const single = platformImage(layout, name, digest, ownArchitecture()).blobs[1]?.digest ?? "";
        assert.equal(platformImage(layout, name, single, ownArchitecture()).target.digest, single);
        assert.throws(() => platformImage(layout, name, single, "riscv64"), refused("riscv64"));
        writeFileSync(join(folder, "blobs/sha256", "1".repeat(64)), "{}");
        assert.throws(() => platformImage(layout, name, `sha256:${"1".repeat(64)}`, "amd64"), /no image: its manifest/);
    });
});
