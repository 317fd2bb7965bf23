import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { create } from "tar";

import { writeRandomImages } from "../../lab/images/randomImages.ts";
import { eventually } from "../../lab/machines/command.ts";
import { unpackedBundle } from "../../plugin/images/unpacked.ts";
import { bundleOf, lockedImages, type SmallBundle } from "../support/smallBundle.ts";

describe("an unpacked bundle", () => {
    let folder: string;
    let cache: string;
    let bundle: SmallBundle;
    const said: string[] = [];
    const unpack = (path = bundle.path, sha256 = bundle.sha256, where = cache) =>
        unpackedBundle(path, sha256, (message) => said.push(message), { cache: where });

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "unpacked-"));
        const layout = join(folder, "layout");
        await writeRandomImages(layout, [{ name: "docker.io/library/redis:7", layers: 2, layerBytes: 3 << 20 }]);
        bundle = await bundleOf(layout, lockedImages(layout), join(folder, "site.tar"));
    });
    beforeEach(() => {
        cache = mkdtempSync(join(folder, "cache-"));
    });
    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    it("holds the layout and the lock", async () => {
        const { directory, lock } = await unpack();
        assert.deepEqual(
            lock.images.map(({ image }) => image),
            ["docker.io/library/redis:7"],
        );
        const blobs = readdirSync(join(folder, "layout", "blobs", "sha256"));
        for (const name of blobs) {
            const [here, there] = [directory, join(folder, "layout")].map((one) =>
                readFileSync(join(one, "blobs", "sha256", name)),
            );
            assert.ok(there !== undefined && here?.equals(there), name);
        }
    });

    it("is made once, and needs its file no more", async () => {
        const copy = join(folder, "moved.tar");
        writeFileSync(copy, readFileSync(bundle.path));
        const [one, other] = await Promise.all([unpack(copy), unpack(copy)]);
        assert.equal(one.directory, other.directory);
        rmSync(copy);
        assert.deepEqual(await unpack(copy), one);
        assert.deepEqual(readdirSync(cache), [bundle.sha256]);
    });

    it("leaves nothing of a file that was changed by one byte, cut off, or made longer", async () => {
        const whole = readFileSync(bundle.path);
        const changed = Buffer.from(whole);
        changed[whole.length >> 1] = (changed[whole.length >> 1] ?? 0) ^ 1;
        const header = Buffer.from(whole);
        header[700] = (header[700] ?? 0) ^ 1;
        const longer = Buffer.concat([whole, Buffer.alloc(512, 1)]);
        for (const bytes of [changed, header, whole.subarray(0, whole.length >> 1), whole.subarray(0, 100), longer]) {
            const path = join(folder, "bad.tar");
            writeFileSync(path, bytes);
            await assert.rejects(
                unpack(path),
                /bad\.tar is not the bundle that was asked for: its SHA-256 is \w{64}, /,
            );
            assert.deepEqual(readdirSync(cache), []);
        }
    });

    it("cannot be made of a file that is missing, a folder, or something else", async () => {
        await assert.rejects(
            unpack(join(folder, "none.tar")),
            /none\.tar cannot be read: there is no such file; copy it/,
        );
        await assert.rejects(unpack(folder), /is no file; a folder is a source of the kind directory/);
        await assert.rejects(unpack(bundle.path, "abc"), /must be 64 hexadecimal digits/);
        const text = join(folder, "text");
        writeFileSync(text, "no tar at all\n".repeat(100));
        const { createHash } = await import("node:crypto");
        const sum = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
        await assert.rejects(unpack(text, sum(text)), /text is no bundle: /);
        const other = join(folder, "other.tar");
        await create({ cwd: folder, file: other }, ["text"]);
        await assert.rejects(unpack(other, sum(other)), /other\.tar is no bundle: it holds no images\.lock\.json, /);
        assert.deepEqual(readdirSync(cache), []);
    });

    it("says where there is no room for it, before and while it is written", async () => {
        const small = join(folder, "small");
        mkdirSync(small);
        for (const limit of ["size=4m", "nr_inodes=6", "nr_inodes=9"]) {
            execFileSync("mount", ["-t", "tmpfs", "-o", limit, "tmpfs", small]);
            try {
                await assert.rejects(
                    unpack(undefined, undefined, small),
                    /the disk is full: .* unpacks to 6 MiB in .*XDG_/,
                );
                assert.deepEqual(readdirSync(small), []);
            } finally {
                // tar closes what it was writing a moment after it has failed.
                await eventually("unmounting", 10, () => {
                    return Promise.resolve(spawnSync("umount", [small], { stdio: "ignore" }).status === 0);
                });
            }
        }
    });

    it("sweeps what a run that was killed has left", async () => {
        const left = join(cache, `${"a".repeat(64)}.unfinished-999999999-00`);
        const mine = join(cache, `${"b".repeat(64)}.unfinished-${process.ppid.toString()}-00`);
        for (const one of [left, mine]) mkdirSync(one);
        await unpack();
        assert.ok(!existsSync(left));
        assert.ok(existsSync(mine));
    });
});
