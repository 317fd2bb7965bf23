import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { lockFile, lockText } from "../../components/images/lock.ts";
import { unpackedBundle } from "../../plugin/images/unpacked.ts";
import { writeArchive } from "../../tools/bundle/archive.ts";

/** One byte more than the header of a tar file was made for. */
const size = 8 * 2 ** 30 + 1;

describe("a bundle with a layer of more than 8 GiB", function () {
    this.timeout(3_600_000);
    let folder: string;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), "large-layer-"));
    });
    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    it("is written, and unpacked to what it was made of", async () => {
        const layer = join(folder, "layer");
        writeFileSync(layer, "");
        truncateSync(layer, size);
        const hash = createHash("sha256");
        await pipeline(createReadStream(layer, { highWaterMark: 1 << 20 }), hash);
        const digest = hash.digest("hex");
        const members = [
            { name: lockFile, content: lockText({ version: 1, images: [] }) },
            { name: "oci-layout", content: '{"imageLayoutVersion":"1.0.0"}' },
            { name: "index.json", content: '{"schemaVersion":2,"manifests":[]}' },
            { name: `blobs/sha256/${digest}`, file: layer, sha256: digest },
            { name: "after", content: "what comes after it" },
        ];
        const path = join(folder, "large.tar");
        const made = await writeArchive(path, members);
        assert.equal(made.size, statSync(path).size);
        const cache = join(folder, "cache");
        const { directory } = await unpackedBundle(path, made.sha256, () => undefined, { cache });
        assert.equal(statSync(join(directory, "blobs/sha256", digest)).size, size);
        assert.equal(statSync(join(directory, "after")).size, 19);
    });
});
