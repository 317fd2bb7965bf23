import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Image } from "../../lab/images/archive.ts";
import { archiveContent, ensureArchive } from "../../lab/images/archive.ts";
import type { Content } from "../../lab/images/content.ts";
import { fileContent, textContent } from "../../lab/images/content.ts";
import { directory, file, link, program, tarContent } from "../../lab/images/tar.ts";
import type { Report } from "../../lab/report.ts";

const silent: Report = { stages: [], say: () => undefined, stage: (_what, work) => work() };

function bytes(content: Content): Buffer {
    return Buffer.concat([...content.chunks()]);
}

function digest(data: Buffer): string {
    return createHash("sha256").update(data).digest("hex");
}

describe("the lab's image archives", () => {
    let scratch: string;
    beforeEach(() => {
        scratch = mkdtempSync(join(tmpdir(), "siteregistry-images-"));
    });
    afterEach(() => {
        rmSync(scratch, { recursive: true });
    });

    function image(): Image {
        return {
            name: "registry.site.test/tools/hello:1.0",
            entries: [
                program("/bin/hello", textContent("#!/bin/sh\necho hello\n")),
                link("/bin/greet", "hello"),
                directory("/tmp", 0o1777),
                file("/etc/deep/er/file", textContent("x".repeat(1000))),
            ],
            config: { Entrypoint: ["/bin/hello"], User: "65532:65532", Env: ["A=b"] },
        };
    }

    it("have the same bytes each time, in whatever order their content was named", () => {
        const other = { ...image(), entries: [...image().entries].reverse() };
        assert.ok(bytes(archiveContent(image())).equals(bytes(archiveContent(other))));
    });

    it("say their size before they are written", () => {
        const content = archiveContent(image());
        assert.equal(bytes(content).length, content.size);
    });

    it("name configuration and layer by the digests of their bytes", () => {
        const path = join(scratch, "image.tar");
        writeFileSync(path, bytes(archiveContent(image())));
        execFileSync("tar", ["-xf", path, "-C", scratch]);
        const [manifest] = JSON.parse(readFileSync(join(scratch, "manifest.json"), "utf8")) as [
            { Config: string; RepoTags: string[]; Layers: [string] },
        ];
        const config = readFileSync(join(scratch, manifest.Config));
        const layer = readFileSync(join(scratch, manifest.Layers[0]));
        assert.deepEqual(manifest.RepoTags, ["registry.site.test/tools/hello:1.0"]);
        assert.equal(manifest.Config, `${digest(config)}.json`);
        const parsed = JSON.parse(config.toString()) as { config: object; rootfs: object; os: string };
        assert.deepEqual(parsed.rootfs, { type: "layers", diff_ids: [`sha256:${digest(layer)}`] });
        assert.deepEqual(parsed.config, { Entrypoint: ["/bin/hello"], User: "65532:65532", Env: ["A=b"] });
    });

    it("hold layers that the system's tar unpacks, with modes and links, parents first", () => {
        const path = join(scratch, "layer.tar");
        writeFileSync(path, bytes(tarContent(image().entries)));
        const names = execFileSync("tar", ["-tf", path], { encoding: "utf8" }).trim().split("\n");
        assert.deepEqual(names, [
            "bin/",
            "bin/greet",
            "bin/hello",
            "etc/",
            "etc/deep/",
            "etc/deep/er/",
            "etc/deep/er/file",
            "tmp/",
        ]);
        execFileSync("tar", ["-xpf", path, "-C", scratch]);
        assert.equal(execFileSync(join(scratch, "bin/greet"), { encoding: "utf8" }), "hello\n");
        assert.equal(statSync(join(scratch, "tmp")).mode & 0o7777, 0o1777);
        const owners = execFileSync("tar", ["-tvf", path, "--numeric-owner"], { encoding: "utf8" });
        assert.ok(
            owners
                .trim()
                .split("\n")
                .every((line) => line.includes(" 0/0 ")),
            owners,
        );
    });

    it("refuse names too long for the format, paths named twice and files inside files", () => {
        const text = textContent("");
        assert.throws(() => bytes(tarContent([file(`/${"a".repeat(300)}`, text)])), /too long/);
        assert.throws(() => tarContent([file("/a", text), file("/a", text)]), /twice/);
        assert.throws(() => tarContent([file("/a", text), file("/a/b", text)]), /not a directory/);
    });

    it("refuse a file that grows while it is read", () => {
        const path = join(scratch, "growing");
        writeFileSync(path, "short");
        const content = tarContent([file("/growing", fileContent(path))]);
        writeFileSync(path, "much longer than before");
        assert.throws(() => bytes(content), /changed while/);
    });

    it("are written once, found again, and written anew when a file in them changes", async () => {
        const source = join(scratch, "source");
        writeFileSync(source, "one");
        const build = (): Promise<string> =>
            ensureArchive({ ...image(), entries: [file("/source", fileContent(source))] }, scratch, silent);
        const first = await build();
        const written = statSync(first).mtimeMs;
        assert.equal(await build(), first);
        assert.equal(statSync(first).mtimeMs, written);
        writeFileSync(source, "two");
        utimesSync(source, 1, 1);
        assert.notEqual(await build(), first);
    });

    it("leave nothing half-written when their content cannot be read", async () => {
        const source = join(scratch, "source");
        writeFileSync(source, "one");
        const entries = [file("/source", fileContent(source))];
        rmSync(source);
        await assert.rejects(ensureArchive({ ...image(), entries }, scratch, silent), /ENOENT/);
        const left = readdirSync(scratch, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
        assert.deepEqual(left, []);
    });
});
