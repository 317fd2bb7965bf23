import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeRandomImages } from "../../lab/images/randomImages.ts";
import { parseLock, type ImageLock, type LockedImage } from "../../components/images/lock.ts";
import { addIndex, BreakingProxy, BundlingMachine } from "../support/bundling.ts";
import { RealRegistry, registryBinary } from "../support/realRegistry.ts";

describe("a bundle of images", () => {
    let folder: string;
    let registry: RealRegistry;
    let proxy: BreakingProxy;
    let machine: BundlingMachine;
    let images: string;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "bundle-e2e-"));
        registry = await RealRegistry.start(await registryBinary(), join(folder, "registry"));
        proxy = await BreakingProxy.start(registry.url);
        machine = await BundlingMachine.make(folder, [registry.host, proxy.host]);
        images = join(folder, "images");
        await writeRandomImages(images, [
            { name: "signed", layers: 2, layerBytes: 200_000 },
            { name: "plain", layers: 1, layerBytes: 100_000 },
            { name: "large", layers: 3, layerBytes: 2_000_000 },
        ]);
        addIndex(images, "many", "plain", ["amd64", "arm64", "s390x"]);
        await machine.push(images, "signed", `${registry.host}/team/signed:1`, "--format=v2s2");
        await machine.push(images, "plain", `${registry.host}/team/plain:1`);
        await machine.push(images, "large", `${registry.host}/team/large:1`);
        await machine.push(images, "many", `${registry.host}/team/many:1`);
    });
    after(() => {
        proxy.stop();
        registry.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    const at = (name: string): string => `${registry.host}/team/${name}`;

    /** Writes a list and returns its name. */
    function list(name: string, ...references: string[]): string {
        writeFileSync(join(folder, name), references.join("\n"));
        return name;
    }

    async function unpack(bundle: string): Promise<{ path: string; lock: ImageLock }> {
        const path = mkdtempSync(join(folder, "unpacked-"));
        await machine.must("tar", "-xf", join(folder, bundle), "-C", path);
        await machine.must("sh", "-c", `cd ${path} && sha256sum -c --quiet SHA256SUMS`);
        return { path, lock: parseLock(readFileSync(join(path, "images.lock.json"), "utf8"), bundle) };
    }

    function locked({ images }: ImageLock, name: string): LockedImage {
        const found = images.find(({ image }) => image === at(name));
        assert.ok(found !== undefined, name);
        return found;
    }

    it("holds each image as it is upstream with what is attached to it, and is the same file when made again", async () => {
        const signed = await machine.must("regctl", "manifest", "head", at("signed:1"));
        writeFileSync(join(folder, "sbom"), "what is in it");
        const put = [
            "artifact",
            "put",
            "--file",
            join(folder, "sbom"),
            "--file-media-type",
            "application/x",
            "--artifact-type",
        ];
        await machine.must("regctl", ...put, "application/spdx+json", "--subject", at("signed:1"));
        await machine.must("regctl", ...put, "application/x", at(`signed:${signed.replace(":", "-")}.sig`));

        const names = list("all.txt", "# all", at("signed:1"), at("plain:1"), `[list] ${at("many:1")}`);
        const first = await machine.bundle(names, "--output", "first.tar");
        assert.equal(first.code, 0, first.stderr);
        assert.match(first.stderr, /\[3\/3\] .*\n.*writing .*first\.tar\n/);
        assert.match(first.stderr, /team\/signed:1 {2}[0-9.]+ KiB, 2 attached\n/);
        const sha256 = (await machine.must("sha256sum", "first.tar")).slice(0, 64);
        assert.equal(first.stdout.trim(), sha256);
        await machine.must("sha256sum", "-c", "first.tar.sha256");

        const { path, lock } = await unpack("first.tar");
        const image = locked(lock, "signed:1");
        const sha256OfTag = locked(lock, "plain:1").digest.replace(":", "-");
        assert.equal(image.digest, signed);
        assert.equal(image.mediaType, "application/vnd.docker.distribution.manifest.v2+json");
        assert.deepEqual(image.attached.map((one) => ("tag" in one ? one.tag : one.artifactType)).sort(), [
            "application/spdx+json",
            `${signed.replace(":", "-")}.sig`,
        ]);
        assert.equal(locked(lock, "many:1").digest, await machine.must("regctl", "manifest", "head", at("many:1")));

        // Whoever gets the file gets everything: the layout alone fills another repository, signature and SBOM with it.
        const copy = ["image", "copy", "--referrers", "--digest-tags", `ocidir://${path}@${signed}`, at("arrived:1")];
        await machine.must("regctl", ...copy);
        assert.match(await machine.must("regctl", "tag", "ls", at("arrived")), /\.sig$/m);
        assert.match(await machine.must("regctl", "artifact", "list", at("arrived:1")), /application\/spdx\+json/);

        // Whoever asks the registry only whether anything has changed needs no program for it.
        machine.standIn("regctl", "exit 1");
        machine.standIn("skopeo", "exit 1");
        const again = await machine.bundle(names, "--output", "first.tar");
        assert.equal(again.stderr.match(/there already/g)?.length, 3, again.stderr);
        assert.equal(again.stdout, first.stdout);
        machine.withTools();
        await machine.must("regctl", ...put, "application/x", at(`plain:${sha256OfTag}.att`));
        await machine.must("regctl", ...put, "application/vex+json", "--subject", at("many:1"));
        const later = await machine.bundle(names, "--output", "later.tar", "--work", "first.tar.work");
        assert.equal(later.code, 0, later.stderr);
        assert.match(later.stderr, /team\/signed:1 {2}there already, 2 attached\n/);
        assert.match(later.stderr, /team\/plain:1 {2}there already, 1 attached\n/);
        assert.match(later.stderr, /team\/many:1 {2}there already, 1 attached\n/);
        const elsewhere = await machine.bundle(names, "--output", "elsewhere.tar", "--concurrency", "1");
        assert.equal(elsewhere.stdout, later.stdout, "another folder, in another order");
    });

    it("holds the platforms that are asked for, and says what that does", async () => {
        const names = list("platforms.txt", at("many:1"), at("plain:1"));
        const platforms = ["--platform", "linux/arm64", "--platform", "linux/amd64"];
        const made = await machine.bundle(names, "--output", "platforms.tar", ...platforms);
        assert.equal(made.code, 0, made.stderr);
        assert.match(made.stderr, /team\/plain:1 has no linux\/arm64/);
        const { lock } = await unpack("platforms.tar");
        const upstream = await machine.must("regctl", "manifest", "head", at("many:1"));
        assert.deepEqual(locked(lock, "many:1").platforms, ["linux/amd64", "linux/arm64"]);
        assert.notEqual(locked(lock, "many:1").digest, upstream);

        const pinned = list("pinned.txt", `${at("many")}@${upstream}`);
        const refused = await machine.bundle(pinned, "--output", "pinned.tar", ...platforms);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /is named by the digest of all its platforms.*leave --platform out/);
        const none = await machine.bundle(names, "--output", "none.tar", "--platform", "linux/s390x");
        assert.match(
            none.stderr,
            /1 of 2 images cannot be copied:\n {2}.*team\/plain:1 .*: it has no linux\/s390x: it is for linux\/amd64/,
        );
    });

    it("takes what was listed when a tag is moved meanwhile, and says so", async () => {
        await machine.push(images, "plain", at("moving:1"));
        const listed = await machine.must("regctl", "manifest", "head", at("moving:1"));
        // The first copy finds the tag moved.
        machine.standIn(
            "regctl",
            `if [ "$1 $2" = "image copy" ]; then REGCTL image copy ${at("large:1")} ${at("moving:1")}; fi\nexec REGCTL "$@"`,
        );
        try {
            const made = await machine.bundle(list("moving.txt", at("moving:1")), "--output", "moving.tar");
            assert.equal(made.code, 0, made.stderr);
            assert.match(made.stderr, /team\/moving:1: its tag was moved to sha256:[0-9a-f]{64}; taken is sha256:/);
        } finally {
            machine.withTools();
        }
        assert.equal(locked((await unpack("moving.tar")).lock, "moving:1").digest, listed);
        const pinned = await machine.bundle(
            list("pinned.txt", `${at("moving:1")}@${listed}`),
            "--output",
            "pinned.tar",
        );
        assert.match(pinned.stderr, /its tag was moved to/);
        assert.equal(pinned.code, 0);
    });

    it("goes on after a download that broke off, and after a registry that lost something", async () => {
        const through = `${proxy.host}/team/large:1`;
        const broken = await machine.bundle(list("broken.txt", through), "--output", "broken.tar");
        assert.equal(broken.code, 0, broken.stderr);
        assert.equal(proxy.broken, 3);
        await unpack("broken.tar");

        const layer = (
            await machine.must("regctl", "manifest", "get", "--format", "{{(index .Layers 1).Digest}}", at("large:1"))
        ).slice("sha256:".length);
        const data = join(folder, "registry/data/docker/registry/v2/blobs/sha256", layer.slice(0, 2), layer, "data");
        renameSync(data, `${data}.lost`);
        const names = list("lost.txt", at("large:1"), at("plain:1"), at("absent:1"));
        const absent = await machine.bundle(names, "--output", "lost.tar");
        assert.match(
            absent.stderr,
            /1 of 3 images cannot be found:\n {2}.*team\/absent:1 \(.*lost\.txt:3\): .*not found/,
        );
        const found = list("lost.txt", at("large:1"), at("plain:1"));
        const lost = await machine.bundle(found, "--output", "lost.tar");
        assert.equal(lost.code, 1);
        assert.match(
            lost.stderr,
            /1 of 2 images cannot be copied:\n {2}.*team\/large:1 .*\n {2}run it again: what was copied is kept/,
        );
        assert.ok(!readdirSync(folder).includes("lost.tar"));
        renameSync(`${data}.lost`, data);
        const whole = await machine.bundle(found, "--output", "lost.tar");
        assert.equal(whole.code, 0, whole.stderr);
        assert.match(whole.stderr, /team\/plain:1 {2}there already/);
    });

    it("says in one error that a disk is full, and goes on when there is room", async () => {
        const small = join(folder, "small");
        mkdirSync(small);
        const names = list("full.txt", at("large:1"));
        const inside = (megabytes: number, ...args: string[]) => {
            const tool = [process.execPath, join(import.meta.dirname, "../../tools/bundle.ts"), names, ...args].join(
                " ",
            );
            return machine.run("unshare", [
                "-m",
                "sh",
                "-c",
                `mount -t tmpfs -o size=${megabytes.toString()}m none ${small} && ${tool}`,
            ]);
        };
        const download = await inside(3, "--output", "full.tar", "--work", "small/work");
        assert.match(
            download.stderr,
            /images do not fit on the disk of the work folder:\n {2}.*team\/large:1 .*no space left/,
        );
        const file = await inside(3, "--output", "small/full.tar", "--work", "full.work");
        assert.match(
            file.stderr,
            /small\/full\.tar does not fit on its disk: 5\.7 MiB are needed and 3\.0 MiB are free\n {2}make room/,
        );
        assert.equal(file.code, 1);
        const room = await machine.bundle(names, "--output", "full.tar", "--work", "full.work");
        assert.match(room.stderr, /there already/);
    });

    it("takes images out of archives, under the names that they have there", async () => {
        const own = "registry.site.test/own:1";
        await machine.must(
            "skopeo",
            "--insecure-policy",
            "copy",
            `oci:${images}:plain`,
            `docker-archive:${folder}/own.tar:${own}`,
        );
        await machine.must(
            "skopeo",
            "--insecure-policy",
            "copy",
            "--all",
            `oci:${images}:many`,
            `oci-archive:${folder}/many.tar`,
        );
        const args = ["--docker-archive", "own.tar", "--oci-archive", "many.tar=many:2", "--output", "local.tar"];
        const made = await machine.bundle(...args);
        assert.equal(made.code, 0, made.stderr);
        const { lock } = await unpack("local.tar");
        assert.deepEqual(
            lock.images.map(({ image }) => image),
            ["docker.io/library/many:2", own],
        );
        assert.equal(lock.images[0]?.digest, await machine.must("regctl", "manifest", "head", at("many:1")));
        const again = await machine.bundle(...args);
        assert.equal(again.stdout, made.stdout);
        assert.equal(again.stderr.match(/there already/g)?.length, 2);
        const unnamed = await machine.bundle("--oci-archive", "many.tar", "--output", "unnamed.tar");
        assert.match(
            unnamed.stderr,
            /many\.tar does not say what its image is called\n {2}--oci-archive .*many\.tar=NAME/,
        );
    });
});
