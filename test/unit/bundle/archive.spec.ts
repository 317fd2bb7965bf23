import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    existsSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { extract, Header, list } from "tar";

import { headerOf, writeArchive, type Member } from "../../../tools/bundle/archive.ts";
import { bytesText } from "../../../tools/bundle/progress.ts";
import { WorkFolder } from "../../../tools/bundle/workFolder.ts";

const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

describe("the file of a bundle", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "bundle-archive-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    function members(content: string): Member[] {
        const file = join(folder, "a-file");
        writeFileSync(file, content);
        return [
            { name: "images.lock.json", content: "{}\n" },
            { name: "program/run.sh", content: "#!/bin/sh\n", executable: true },
            { name: `blobs/${"long/".repeat(30)}file`, file, sha256: sha256(content) },
        ];
    }

    it("is the same for the same content, whenever and by whomever it is written", async () => {
        const given = members("content of a layer");
        const one = await writeArchive(join(folder, "one.tar"), given);
        chmodSync(join(folder, "a-file"), 0o600);
        const { sha256: other } = await writeArchive(join(folder, "other.tar"), given);
        assert.equal(other, one.sha256);
        assert.equal(sha256(readFileSync(join(folder, "one.tar"))), one.sha256);
        assert.equal(statSync(join(folder, "one.tar")).size, one.size);
        assert.equal(readFileSync(join(folder, "one.tar.sha256"), "utf8"), `${one.sha256}  one.tar\n`);
    });

    it("unpacks to what it was made of, its checksums first", async () => {
        const given = members("content of a layer");
        await writeArchive(join(folder, "one.tar"), given);
        const names: string[] = [];
        await list({ file: join(folder, "one.tar"), onReadEntry: ({ path }) => names.push(path) });
        assert.deepEqual(names, ["SHA256SUMS", ...given.map(({ name }) => name)]);
        await extract({ file: join(folder, "one.tar"), cwd: folder });
        const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
        for (const line of sums) {
            const [sum = "", name = ""] = line.split("  ");
            assert.equal(sha256(readFileSync(join(folder, name))), sum, name);
        }
        assert.equal(statSync(join(folder, "program/run.sh")).mode & 0o777, 0o755);
    });

    it("holds layers of more than 8 GiB", () => {
        const size = 8 * 2 ** 30 + 1;
        const headers = headerOf({ name: "blobs/sha256/large", content: "" }, size);
        const path = join(folder, "large.tar");
        writeFileSync(path, Buffer.concat(headers));
        const before = statSync(path).size;
        // All of it but the header is a hole.
        truncateSync(path, before + Math.ceil(size / 512) * 512);
        writeFileSync(path, Buffer.concat([...headerOf({ name: "after", content: "" }, 0), Buffer.alloc(1024)]), {
            flag: "a",
        });
        const listed = execFileSync("tar", ["--list", "--verbose", "--file", path]).toString();
        assert.match(listed, new RegExp(` ${size.toString()} .* blobs/sha256/large\n.* 0 .* after\n$`));
        assert.equal(new Header(headers.at(-1) ?? Buffer.alloc(512)).size, size);
    });

    it("is not there when one byte of its content was changed, and the content is fetched again", async () => {
        const given = members("content of a layer");
        writeFileSync(join(folder, "a-file"), "Content of a layer");
        await assert.rejects(
            writeArchive(join(folder, "one.tar"), given),
            /a-file was changed since it was copied.*\n {2}it was removed; run it again/,
        );
        assert.deepEqual(readdirSync(folder), []);
    });

    it("tells sizes as a person does", () => {
        assert.deepEqual([0, 1023, 1024, 43_201_331, 2 ** 50].map(bytesText), [
            "0 B",
            "1023 B",
            "1.0 KiB",
            "41.2 MiB",
            "1024.0 TiB",
        ]);
    });
});

describe("the work folder", () => {
    let folder: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "bundle-work-"));
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    it("is of one process at a time, and of the next one when that is gone", () => {
        const work = WorkFolder.open(folder);
        assert.throws(() => WorkFolder.open(folder), /process \d+ is making a bundle in .*\n {2}wait until/);
        work.close();
        writeFileSync(join(folder, "in-use"), "4194305"); // beyond the greatest process number
        WorkFolder.open(folder).close();
    });

    it("is cleared of what was half written", () => {
        WorkFolder.open(folder).close();
        const blobs = join(folder, "blobs", "sha256");
        writeFileSync(join(blobs, "12345.tmp"), "half");
        writeFileSync(join(blobs, "a".repeat(64)), "whole");
        WorkFolder.open(folder).close();
        assert.deepEqual(readdirSync(blobs), ["a".repeat(64)]);
    });

    it("has an image only when all of it is there and is what it should be", () => {
        const work = WorkFolder.open(folder);
        const layout = work.renew("an image");
        const put = (content: string, mediaType: string) => {
            const digest = `sha256:${sha256(content)}`;
            writeFileSync(work.blobs.path(digest), content);
            return { mediaType, digest, size: content.length };
        };
        const config = put(
            '{"os":"linux","architecture":"arm64","variant":"v8"}',
            "application/vnd.oci.image.config.v1+json",
        );
        const layer = put("layer", "application/vnd.oci.image.layer.v1.tar+gzip");
        const type = "application/vnd.oci.image.manifest.v1+json";
        const kept = {
            mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar",
            digest: `sha256:${"e".repeat(64)}`,
            size: 1,
        };
        const layers = [layer, { ...kept, urls: ["https://vendor.test/layer"] }];
        const image = put(JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers }), type);
        const annotations = { "org.opencontainers.image.ref.name": "image" };
        writeFileSync(join(layout, "index.json"), JSON.stringify({ manifests: [{ ...image, annotations }] }));
        assert.equal(work.present("an image"), undefined); // nobody has said that it is whole
        work.finish("an image", { source: "s", digest: image.digest });
        assert.deepEqual(work.present("an image"), { source: "s", digest: image.digest });
        assert.deepEqual(work.blobs.platforms(image), ["linux/arm64/v8"]);

        writeFileSync(work.blobs.path(layer.digest), "lay");
        assert.equal(work.present("an image"), undefined);
        assert.deepEqual(work.missing([image]), [layer]);
        work.discard([layer]);
        assert.ok(!existsSync(work.blobs.path(layer.digest)));
        put("layer", layer.mediaType);
        writeFileSync(
            work.blobs.path(image.digest),
            readFileSync(work.blobs.path(image.digest), "utf8").replace("2", "3"),
        );
        assert.equal(work.present("an image"), undefined);
        work.close();
    });
});
