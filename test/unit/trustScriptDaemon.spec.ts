import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { TrustImage } from "../support/trustImage.ts";

describe("trust-registry.sh and docker's daemon.json", () => {
    let image: TrustImage;
    beforeEach(() => {
        image = new TrustImage("docker", "skopeo");
    });
    afterEach(() => {
        image.clear();
    });
    const file = "etc/docker/daemon.json";
    const theirs = '{ "log-level": "warn",\n  "insecure-registries": ["theirs.example.org"] }';
    const asked = ["--insecure-registry", "old.example.org:5000"];

    /** A folder of the tools that the script needs, with and without those that can merge JSON. */
    function tools(...merging: string[]): string {
        const folder = mkdtempSync(join(image.folder, "bin-"));
        const needed = "awk base64 cat chmod cmp cp cut dirname grep head id mkdir mktemp mv rm rmdir sed sha256sum tr";
        for (const name of [...needed.split(" "), ...merging]) {
            const where = name === "python3" ? "python3 -c 'import sys; print(sys.executable)'" : `command -v ${name}`;
            const found = spawnSync("/bin/sh", ["-c", where], { encoding: "utf8" }).stdout.trim();
            if (found !== "") symlinkSync(found, join(folder, name));
        }
        return folder;
    }
    const merging = ["jq", "python3"].filter((name) => spawnSync(name, ["--version"]).status === 0);

    it("is not touched unless a registry is named", () => {
        image.run([]);
        assert.equal(image.read(file), undefined);
        assert.equal(image.read("etc/containers/registries.conf.d"), undefined);
    });

    it("is made where there is none, with a warning, and taken away again", () => {
        const before = image.everything();
        assert.match(image.run(asked, 0, tools()), /WARNING: .* old\.example\.org:5000/);
        assert.deepEqual(JSON.parse(image.read(file) ?? ""), { "insecure-registries": ["old.example.org:5000"] });
        const drop = "etc/containers/registries.conf.d/siteregistry-insecure-old.example.org_5000.conf";
        assert.match(image.read(drop) ?? "", /location = "old\.example\.org:5000"\ninsecure = true/);
        assert.match(image.run(asked, 0, tools()), /is there: .*daemon\.json/);
        image.run(["--undo"]);
        assert.deepEqual(image.everything(), before);
    });

    it("gets the registries of a kit without TLS by themselves, beside what stands there, and gives it back", () => {
        image.plainKit("host.example.org:5000");
        image.write(file, theirs);
        const registries = "etc/containers/registries.conf";
        image.write(registries, "[registries.search]\nregistries = ['theirs.example.org']\n");
        const before = image.everything();
        assert.match(image.run([], 0, tools(...merging)), /WARNING: .* host\.example\.org:5000/);
        const merged = JSON.parse(image.read(file) ?? "") as Record<string, unknown>;
        assert.deepEqual(merged["insecure-registries"], ["theirs.example.org", "host.example.org:5000"]);
        assert.equal(merged["log-level"], "warn");
        assert.equal(image.read(registries), before[join(image.root, registries)]);
        assert.equal(image.read("etc/docker/certs.d"), undefined);
        image.run(["--undo"]);
        assert.deepEqual(image.everything(), before);
        for (const without of [["--check"], ["--system"], ["--fingerprint", "a".repeat(64)]])
            assert.match(image.run(without, 2), /host\.example\.org:5000 has no TLS and so no CA/);
    });

    it("is refused where nothing can merge it, with the words to add by hand", () => {
        image.write(file, theirs);
        assert.match(image.run(asked, 4, tools()), /Add by hand: "insecure-registries": \["old\.example\.org:5000"\]/);
        assert.equal(image.read(file), theirs);
    });

    for (const name of merging) {
        it(`is merged by ${name}, and put back byte for byte`, () => {
            image.write(file, theirs);
            const before = image.everything();
            image.run(asked, 0, tools(name));
            image.run(["--insecure-registry", "older.example.org"], 0, tools(name));
            assert.deepEqual(JSON.parse(image.read(file) ?? ""), {
                "log-level": "warn",
                "insecure-registries": ["theirs.example.org", "old.example.org:5000", "older.example.org"],
            });
            image.run(["--undo"], 0, tools(name));
            assert.deepEqual(image.everything(), before);
        });

        it(`is left when it was changed after ${name} had merged it`, () => {
            image.write(file, theirs);
            image.run(asked, 0, tools(name));
            const changed = (image.read(file) ?? "").replace("warn", "info");
            image.write(file, changed);
            assert.match(image.run(["--undo"], 6, tools(name)), /left: .*what it was before is in .*daemon\.json/);
            assert.equal(image.read(file), changed);
            assert.equal(image.read(`${file}.before-siteregistry`), theirs);
        });

        it(`is refused by ${name} when it is no JSON object`, () => {
            image.write(file, "not JSON");
            assert.match(image.run(asked, 4, tools(name)), /cannot be merged/);
            assert.equal(image.read(file), "not JSON");
        });
    }
});
