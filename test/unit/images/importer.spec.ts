import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
    chmodSync,
    copyFileSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readImportReport, type ImportReport } from "../../../plugin/images/importReport.ts";
import { eachShell } from "../../support/agentShells.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const one = { name: "example.test/one:1", digest: digest("a") };
const two = { name: "example.test/two:2", digest: digest("b") };
const byDigest = (image: { name: string; digest: string }): string =>
    `${image.name.split(":")[0] ?? ""}@${image.digest}`;
const both = [one, two].map((image) => [image.digest, image.name, byDigest(image)].join("|"));

eachShell("the importer", (shell) => {
    let folder = "";
    let chunks: Record<string, string> = {};

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "importer-"));
        for (const path of ["store", "store.archive", "chunks"]) mkdirSync(join(folder, path));
        copyFileSync(join(root, "test/support/fakeCtr.sh"), join(folder, "ctr"));
        chmodSync(join(folder, "ctr"), 0o755);
        chunks = { "00000": "the first piece, ", "00001": "the second piece" };
        for (const image of [one, two]) {
            for (const name of [image.name, byDigest(image)]) write("store.archive", name, `${image.digest} true -`);
        }
    });
    afterEach(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    const write = (where: string, name: string, text: string): void => {
        writeFileSync(join(folder, where, name.replaceAll("/", "%")), `${text}\n`);
    };
    const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
    const run = (action: string, change: Record<string, string> = {}, images = both): ImportReport => {
        const sums = Object.entries(chunks).map(([name, text]) => `${sha256(text)}  ${name}`);
        const archive = sha256(Object.values(chunks).join(""));
        for (const [name, text] of Object.entries(chunks)) writeFileSync(join(folder, "chunks", name), text);
        if (change.SPOIL !== undefined) writeFileSync(join(folder, "chunks", "00001"), change.SPOIL);
        const report = join(folder, "report");
        rmSync(report, { force: true });
        const script = readFileSync(join(root, "plugin/images/importer.sh"), "utf8");
        // As the pod runs it: the whole script is a word of the command.
        const { status, stderr } = spawnSync(shell.command, ["-c", script, "importer", action, ...images], {
            encoding: "utf8",
            env: {
                ...{
                    PATH: shell.path,
                    REPORT: report,
                    STORE: join(folder, "store"),
                    OWNER: "me",
                    SOCKET: "/run/x.sock",
                },
                ...{ CTR: `/nowhere/ctr ${join(folder, "ctr")}`, CHUNKS: join(folder, "chunks") },
                ...{ SUMS: sums.join("\n"), ARCHIVE: archive },
                ...change,
            },
        });
        const said = readImportReport(readFileSync(report, "utf8"));
        assert.equal(stderr, "");
        assert.equal(status, said.failure === undefined ? 0 : 1);
        return said;
    };
    const store = (): Record<string, string> =>
        Object.fromEntries(
            readdirSync(join(folder, "store"))
                .sort()
                .map((file) => [
                    file.replaceAll("%", "/"),
                    readFileSync(join(folder, "store", file), "utf8")
                        .trim()
                        .split(" ")[2] ?? "",
                ]),
        );
    const pinned = "io.cri-containerd.pinned=pinned";

    it("tells what is missing, and changes nothing", () => {
        write("store", one.name, `${digest("c")} true -`);
        assert.deepEqual(run("look"), { containerd: "1.7.24~ds1", missing: [0, 1], present: [], done: true });
        assert.deepEqual(store(), { [one.name]: "-" });
    });

    it("takes an archive in pieces, names the images and pins them", () => {
        assert.deepEqual(run("import"), { containerd: "1.7.24~ds1", missing: [], present: [0, 1], done: true });
        assert.equal(readFileSync(join(folder, "store.received"), "utf8"), "the first piece, the second piece");
        const labels = `${pinned},siteregistry.dev/pin.me=1`;
        const names = [one.name, byDigest(one), two.name, byDigest(two)].sort();
        assert.deepEqual(store(), Object.fromEntries(names.map((name) => [name, labels])));
        assert.deepEqual(run("look").present, [0, 1]);
    });

    it("adds the names that an image lacks, and takes one from another image", () => {
        write("store", byDigest(one), `${one.digest} true io.cri-containerd.image=managed`);
        write("store", one.name, `${digest("c")} true -`);
        assert.deepEqual(run("look", {}, both.slice(0, 1)).present, [0]);
        assert.match(
            readFileSync(join(folder, "store", one.name.replaceAll("/", "%")), "utf8"),
            new RegExp(one.digest),
        );
    });

    it("takes what is not unpacked for missing", () => {
        write("store", one.name, `${one.digest} false -`);
        assert.deepEqual(run("look", {}, both.slice(0, 1)).missing, [0]);
    });

    it("leaves the pins of others, and an image pinned while somebody pins it", () => {
        write("store", one.name, `${one.digest} true ${pinned}`);
        write("store", byDigest(one), `${one.digest} true ${pinned}`);
        run("look", {}, both.slice(0, 1));
        run("unpin", {}, both.slice(0, 1));
        assert.equal(store()[one.name], pinned);
        run("import", {}, both.slice(1));
        run("look", { OWNER: "you" }, both.slice(1));
        run("unpin", {}, both.slice(1));
        assert.equal(store()[two.name], `${pinned},siteregistry.dev/pin.you=1`);
        run("unpin", { OWNER: "you" }, both.slice(1));
        assert.equal(store()[two.name], "-");
    });

    it("takes back nothing that is not there", () => {
        assert.equal(run("unpin").done, true);
        assert.deepEqual(store(), {});
    });

    it("does not import what did not arrive as it was sent, and names the piece", () => {
        assert.match(run("import", { SPOIL: "the second peace" }).failure ?? "", /the pieces 00001 +differ/);
        assert.deepEqual(store(), {});
    });

    it("says why it cannot", () => {
        assert.match(
            run("look", { CTR: "/nowhere/ctr" }).failure ?? "",
            /there is no ctr on it, looked for at \/nowhere\/ctr/,
        );
        const silent = run("look", { BREAK: "version", BREAK_WORDS: "failed to dial: connection refused" });
        assert.match(silent.failure ?? "", /does not answer at \/run\/x.sock: ctr: failed to dial: connection refused/);
        const full = run("import", { BREAK: "import", BREAK_WORDS: "write /x: no space left on device" });
        assert.match(full.failure ?? "", /ctr images import: ctr: write \/x: no space left on device/);
        rmSync(join(folder, "store.archive", two.name.replaceAll("/", "%")));
        rmSync(join(folder, "store.archive", byDigest(two).replaceAll("/", "%")));
        assert.match(run("import").failure ?? "", /there is no example.test\/two:2 of the digest/);
    });
});
