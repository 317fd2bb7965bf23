import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import type { LockedImage } from "../../components/images/lock.ts";
import { runTool } from "../../plugin/images/tools.ts";
import type { Properties } from "../../plugin/properties.ts";
import { attachTo } from "../support/artifacts.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { RealRegistry } from "../support/realRegistry.ts";
import { htpasswd, login, SeedingTest } from "../support/seedingTest.ts";

const { user, password } = login;

describe("seeded images", function () {
    this.timeout(120_000);
    let test: SeedingTest;
    let folder: string;
    let images: SeedingTest["images"];
    let plugin: PluginClient;
    let registry: RealRegistry;

    before(async () => {
        const names = ["docker.io/library/redis:7", "registry.k8s.io/pause:3.10", "quay.io/team/tool:1"];
        test = await SeedingTest.start(names, (layout, images) =>
            images.map((image, index) => (index === 0 ? attachTo(layout, image) : image)),
        );
        ({ folder, images, plugin } = test);
    });
    after(() => {
        test.stop();
    });
    let number = 0;
    const fresh = async (manner: Parameters<typeof RealRegistry.start>[2] = {}): Promise<void> => {
        registry = await RealRegistry.start(test.binary, join(folder, `registry-${(number += 1).toString()}`), manner);
        test.started();
    };
    afterEach(() => {
        registry.stop();
    });
    const inputs = (change: Properties = {}, before?: Properties): Promise<Properties> =>
        test.inputs(registry.host, change, before);
    const repositories = ["library/redis", "pause", "team/tool"];
    const tags = ["7", "3.10", "1"];

    it("are there by the bundle's digests, with what is attached to them", async () => {
        await fresh();
        const { state, id } = await plugin.create(await inputs());
        assert.equal(id, registry.host);
        for (const [index, { digest }] of images.entries())
            assert.equal(await registry.digest(repositories[index] ?? "", tags[index] ?? ""), digest);
        const [redis] = images;
        const [signature, sbom] = redis?.attached ?? [];
        const dashed = redis?.digest.replace(":", "-") ?? "";
        assert.equal(await registry.digest("library/redis", `${dashed}.sig`), signature?.digest);
        assert.equal(await registry.digest("library/redis", sbom?.digest ?? ""), sbom?.digest);
        assert.deepEqual(await referrersOf(registry, "library/redis", redis?.digest), [sbomOf(redis)]);
        const seeded = state.values.images as { image: string; repository: string; tag?: string; digest: string }[];
        assert.equal(seeded.length, 5);
        assert.deepEqual(seeded[0], {
            image: "docker.io/library/redis:7",
            repository: "library/redis",
            tag: "7",
            digest: redis?.digest,
        });
    });

    it("are asked for once each, and start nothing, where they are there", async () => {
        await fresh({ htpasswd });
        const first = (await plugin.create(await inputs({ ...login }))).state.values;
        assert.equal(test.started().length, 5);
        const again = await inputs({ ...login, concurrency: 2 }, first);
        assert.deepEqual(await plugin.diff(first, again), { changes: [], replaces: [] });
        await plugin.update(first, again);
        assert.deepEqual(test.started(), []);
        // Neither is the bundle needed any more.
        const gone = { ...first, source: { ...(first.source as object), path: "/gone.tar" } };
        await plugin.update(gone, gone);
    });

    it("that are gone are drift, and come back alone", async () => {
        await fresh();
        const first = (await plugin.create(await inputs())).state.values;
        await fetch(`${registry.url}/v2/pause/manifests/${images[1]?.digest ?? ""}`, { method: "DELETE" });
        test.started();
        const found = await plugin.read(registry.host, first);
        assert.deepEqual(found?.values.missing, ["pause:3.10"]);
        const again = await inputs({}, found.values);
        assert.deepEqual((await plugin.diff(found.values, again)).changes, ["missing"]);
        const mended = await plugin.update(found.values, again);
        assert.equal(await registry.digest("pause", "3.10"), images[1]?.digest);
        assert.equal(test.started().length, 1);
        assert.deepEqual((await plugin.read(registry.host, mended.values))?.values, mended.values);
    });

    it("move a tag that somebody else has moved", async () => {
        await fresh();
        await plugin.create(await inputs({ list: [{ image: "quay.io/team/tool:1", as: "pause:3.10" }] }));
        assert.equal(await registry.digest("pause", "3.10"), images[2]?.digest);
        await plugin.create(await inputs());
        assert.equal(await registry.digest("pause", "3.10"), images[1]?.digest);
    });

    it("go where the list, the layout and the folder say", async () => {
        await fresh();
        const digest = images[1]?.digest ?? "";
        const list = [{ image: "redis:7", as: "tools/redis" }, { image: `registry.k8s.io/pause@${digest}` }];
        await plugin.create(await inputs({ list, layout: "host", folder: "mirror", attached: false }));
        assert.equal(await registry.digest("mirror/tools/redis", "7"), images[0]?.digest);
        assert.equal(await registry.digest("mirror/registry.k8s.io/pause", digest), digest);
        assert.equal(test.started().length, 2);
        await assert.rejects(
            plugin.create(await inputs({ list: [{ image: "redis:8" }, { image: "quay.io/team/tool:1", digest }] })),
            /site\.tar lacks what is listed; it has .*:\n {2}docker\.io\/library\/redis:8 is not in it\n {2}quay\.io\/team\/tool:1 is sha256:\w+ in it, not sha256:/,
        );
    });

    it("come from a folder, from archives and from another registry", async () => {
        await fresh();
        const directory = test.layout;
        const oneOf = (index: number) => [{ image: images[index]?.image ?? "" }];
        await plugin.create(await inputs({ source: { kind: "directory", path: directory }, list: oneOf(1) }));
        assert.equal(await registry.digest("pause", "3.10"), images[1]?.digest);

        const never = new AbortController().signal;
        for (const kind of ["oci-archive", "docker-archive"]) {
            const path = join(folder, kind);
            const args = ["--insecure-policy", "copy", `oci:${directory}:${images[2]?.image ?? ""}`];
            await runTool("skopeo", [...args, `${kind}:${path}:${images[2]?.image ?? ""}`], {}, never);
            const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
            const wrong = await inputs({ source: { kind: "archive", path, sha256: "a".repeat(64) }, list: oneOf(2) });
            await assert.rejects(plugin.create(wrong), /is not the archive that was asked for/);
            const list = [{ ...oneOf(2)[0], as: `${kind}/tool` }];
            const { state } = await plugin.create(await inputs({ source: { kind: "archive", path, sha256 }, list }));
            const [made] = state.values.images as { digest: string }[];
            assert.equal(await registry.digest(`${kind}/tool`, "1"), made?.digest);
        }

        const authority = makeCertificate({ name: "An authority", ca: true });
        const made = makeCertificate({ name: "source", issuer: authority, names: ["127.0.0.1"] });
        const tls = { certificate: made.certificate, key: made.key };
        const other = await RealRegistry.start(test.binary, join(folder, "other"), { tls, htpasswd });
        try {
            const access = { user, caBundle: authority.certificate };
            const to = { host: other.host, plainHttp: false, user, password, caBundle: authority.certificate };
            await plugin.create(await inputs({ ...to, layout: "path" }));
            const list = [{ image: `${other.host}/library/redis:7`, as: "copied/redis" }];
            const source = { kind: "registry", host: other.host, ...access };
            await plugin.create(await inputs({ source, sourcePassword: password, list }));
            assert.equal(await registry.digest("copied/redis", "7"), images[0]?.digest);
            const dashed = images[0]?.digest.replace(":", "-") ?? "";
            assert.ok((await registry.digest("copied/redis", `${dashed}.sig`)) !== null);
            // What points to it by `subject` as well: the list of it is made anew under the copy's tag.
            assert.deepEqual(await referrersOf(registry, "copied/redis", images[0]?.digest), [sbomOf(images[0])]);
            const moved = [{ image: `${other.host}/library/redis:7`, digest: `sha256:${"0".repeat(64)}` }];
            await assert.rejects(
                plugin.create(await inputs({ source, sourcePassword: password, list: moved })),
                /lacks what is listed:\n.*redis:7 \(sha256:0+\) is not there: the tag has moved to sha256:\w+ since/,
            );
        } finally {
            other.stop();
        }
    });

    it("are refused by key, all mistakes at once", async () => {
        await fresh();
        const { failures } = await plugin.check({
            source: { kind: "bundle", path: "/none.tar", sha256: "12" },
            list: [
                { image: "a/b:1" },
                { image: "quay.io/a/b:1" },
                { image: "Bad" },
                { image: "c:1", digest: "sha256:1" },
            ],
            ...{ layout: "flat", reach: "far", concurrency: 0, patienceSeconds: -1 },
            ...{ user: "somebody", plainHttp: true, caBundle: "a PEM" },
        });
        const keys = failures.map((one) => one.split(":")[0]);
        assert.deepEqual(keys.sort(), [
            ...[
                "caBundle",
                "concurrency",
                "host",
                "layout",
                "list",
                "list",
                "list[3].digest",
                "patienceSeconds",
                "reach",
            ],
            ...["source.path", "source.sha256", "user"],
        ]);
        assert.match(
            failures.join("\n"),
            /docker\.io\/a\/b:1 and quay\.io\/a\/b:1 both would be a\/b:1: leave one out/,
        );
        assert.match(failures.join("\n"), /"Bad" is no image reference/);
    });

    it("keep the password secret, in what is kept of a failure too", async () => {
        await fresh({ htpasswd });
        const wrong = "not-the-password-at-all";
        await assert.rejects(plugin.create(await inputs({ user, password: wrong })), (error: Error) => {
            const { state, message } = PluginClient.partial(error);
            assert.match(message, /refuses the login .*give it a login that may push there/s);
            assert.ok(!message.includes(wrong));
            assert.deepEqual([...state.secrets], ["password"]);
            return true;
        });
    });

    it("go to a registry whose name this machine does not know, by an address", async () => {
        const authority = makeCertificate({ name: "An authority", ca: true });
        const made = makeCertificate({ name: "site", issuer: authority, names: ["registry.seed.test"] });
        await fresh({ tls: { certificate: made.certificate, key: made.key }, htpasswd });
        const there = {
            ...{ host: "registry.seed.test", plainHttp: false, address: registry.host, reach: "direct" },
            ...{ user, password, caBundle: authority.certificate },
        };
        const { state } = await plugin.create(await inputs(there));
        assert.equal((state.values.images as unknown[]).length, 5);
        assert.equal(test.started().length, 5);
        assert.deepEqual((await plugin.read("registry.seed.test", state.values))?.values, state.values);
        // Whoever copies from a third registry meanwhile is led there, and not to this one.
        const tls = makeCertificate({ name: "source", issuer: authority, names: ["127.0.0.1"] });
        const other = await RealRegistry.start(test.binary, join(folder, "aside"), {
            ...{ tls: { certificate: tls.certificate, key: tls.key }, htpasswd },
        });
        try {
            const access = { ...login, plainHttp: false, caBundle: authority.certificate };
            await plugin.create(await test.inputs(other.host, access));
            const source = { kind: "registry", host: other.host, user, caBundle: authority.certificate };
            const list = [{ image: `${other.host}/library/redis:7`, as: "aside/redis" }];
            const aside = await plugin.create(await inputs({ ...there, source, sourcePassword: password, list }));
            assert.equal((aside.state.values.images as { digest: string }[])[0]?.digest, images[0]?.digest);
        } finally {
            other.stop();
        }
        const stranger = makeCertificate({ name: "Another authority", ca: true }).certificate;
        const mistrusted = await inputs({ ...there, caBundle: stranger, patienceSeconds: 0 });
        await assert.rejects(plugin.create(mistrusted), /certificate/);
    });

    it("name the program that is missing", async () => {
        await fresh();
        const { PATH } = process.env;
        try {
            process.env.PATH = join(folder, "nothing");
            await assert.rejects(plugin.create(await inputs()), /skopeo is not installed: .*apt-get install skopeo/s);
            process.env.PATH = join(folder, "less");
            mkdirSync(process.env.PATH);
            symlinkSync(join(folder, "bin", "skopeo"), join(process.env.PATH, "skopeo"));
            await assert.rejects(
                plugin.create(await inputs()),
                /1 images are not at .*library\/redis@sha256:\w+: regctl is not installed: .*regclient/s,
            );
        } finally {
            process.env.PATH = PATH;
        }
    });
});

/** What points to an image in a registry that has no API for that: there is a list under a tag. */
async function referrersOf({ url }: RealRegistry, repository: string, digest = ""): Promise<string[][]> {
    const list = await fetch(`${url}/v2/${repository}/manifests/${digest.replace(":", "-")}`, {
        headers: { accept: "application/vnd.oci.image.index.v1+json" },
    });
    const { manifests = [] } = (await list.json()) as { manifests?: { digest: string; artifactType: string }[] };
    return manifests.map((one) => [one.digest, one.artifactType]);
}

function sbomOf(image: LockedImage | undefined): string[] {
    return [image?.attached[1]?.digest ?? "", "application/spdx+json"];
}
