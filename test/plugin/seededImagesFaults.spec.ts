import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { runTool } from "../../plugin/images/tools.ts";
import type { Properties } from "../../plugin/properties.ts";
import type { PluginClient } from "../support/pluginClient.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { freePort, RealRegistry } from "../support/realRegistry.ts";
import { failureOf, htpasswd, login, SeedingTest } from "../support/seedingTest.ts";

const { user, password } = login;

describe("seeding that goes wrong", function () {
    this.timeout(120_000);
    let test: SeedingTest;
    let folder: string;
    let binary: string;
    let bundle: SeedingTest["bundle"];
    let images: SeedingTest["images"];
    let plugin: PluginClient;

    before(async () => {
        const names = Array.from({ length: 8 }, (_, index) => `quay.io/team/image-${index.toString()}:1`);
        test = await SeedingTest.start(names);
        ({ folder, binary, bundle, images, plugin } = test);
    });
    after(() => {
        test.stop();
    });
    const inputs = (host: string, change: Properties = {}): Promise<Properties> =>
        test.inputs(host, { concurrency: 2, ...change });
    /** The images that a registry has a tag of. Each must be whole. */
    const whole = async (registry: RealRegistry, headers: Record<string, string> = {}): Promise<number> => {
        let count = 0;
        for (const { image, digest } of images) {
            const repository = image.replace("quay.io/", "").replace(":1", "");
            const answer = await fetch(`${registry.url}/v2/${repository}/manifests/1`, {
                headers: { accept: "application/vnd.oci.image.manifest.v1+json", ...headers },
            });
            if (answer.status === 404) continue;
            assert.equal(answer.headers.get("docker-content-digest"), digest);
            const { layers, config } = (await answer.json()) as Record<"layers" | "config", unknown>;
            for (const blob of [...(layers as { digest: string }[]), config as { digest: string }]) {
                const there = await fetch(`${registry.url}/v2/${repository}/blobs/${blob.digest}`, {
                    ...{ method: "HEAD", headers },
                });
                assert.equal(there.status, 200, `${image} has a tag, but not ${blob.digest}`);
            }
            count += 1;
        }
        return count;
    };
    it("waits for a registry that is killed and comes back", async () => {
        const home = join(folder, "killed");
        let registry = await RealRegistry.start(binary, home);
        const { port } = new URL(registry.url);
        const seeding = plugin.create(await inputs(registry.host, { patienceSeconds: 30 }));
        while (!existsSync(join(home, "data"))) await sleep(10);
        await registry.kill();
        await sleep(1_500);
        registry = await RealRegistry.start(binary, home, { port: Number(port) });
        await seeding;
        assert.equal(await whole(registry), images.length);
        registry.stop();
    });

    it("names what is missing where the registry does not come back, and goes on at the next time", async () => {
        const home = join(folder, "dead");
        let registry = await RealRegistry.start(binary, home);
        const { port } = new URL(registry.url);
        const given = await inputs(registry.host, { patienceSeconds: 1, concurrency: 1 });
        const seeding = failureOf(plugin.create(given));
        const first = join(home, "data/docker/registry/v2/repositories/team/image-2");
        while (!existsSync(first)) await sleep(5);
        await registry.kill();
        const { message, state } = await seeding;
        assert.match(
            message,
            /images are not at 127\.0\.0\.1:\d+ \(directly\):\n {2}team\/image-\d:1: .*(connection refused|connection reset|EOF)/,
        );
        assert.match(message, /What is there stays, and the next `up` goes on\./);
        registry = await RealRegistry.start(binary, home, { port: Number(port) });
        const before = await whole(registry);
        assert.ok(before >= 1 && before < images.length, before.toString());
        test.started();
        await plugin.update(state.values, given);
        assert.equal(await whole(registry), images.length);
        assert.equal(test.started().length, images.length - before);
        registry.stop();
    });

    it("uses nothing of a bundle that was changed or cut off", async () => {
        const registry = await RealRegistry.start(binary, join(folder, "untouched"));
        const bytes = readFileSync(bundle.path);
        const path = join(folder, "bad.tar");
        const other = Buffer.from(bytes);
        other[bytes.length - 3_000] = (other[bytes.length - 3_000] ?? 0) ^ 1;
        for (const content of [other, bytes.subarray(0, bytes.length - 100_000)]) {
            writeFileSync(path, content);
            rmSync(join(folder, "cache"), { recursive: true, force: true });
            const { message } = await failureOf(
                plugin.create(await inputs(registry.host, { source: { kind: "bundle", path, sha256: bundle.sha256 } })),
            );
            assert.match(message, /bad\.tar is not the bundle that was asked for: .*nothing of it was used/);
            assert.equal(await whole(registry), 0);
        }
        registry.stop();
    });

    it("says what was damaged after it was unpacked", async () => {
        const registry = await RealRegistry.start(binary, join(folder, "damaged"));
        rmSync(join(folder, "cache"), { recursive: true, force: true });
        const other = await RealRegistry.start(binary, join(folder, "good"));
        await plugin.create(await inputs(other.host));
        other.stop();
        const blobs = join(folder, "cache/siteregistry/bundles", bundle.sha256, "blobs/sha256");
        const [layer = ""] = readdirSync(blobs).filter((name) => readFileSync(join(blobs, name)).length > 1 << 20);
        const bytes = readFileSync(join(blobs, layer));
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(join(blobs, layer), bytes);
        const { message } = await failureOf(plugin.create(await inputs(registry.host)));
        assert.match(
            message,
            /1 images are not at .*\n {2}team\/image-\d:1: its source was damaged on this machine's disk/,
        );
        assert.equal(await whole(registry), images.length - 1);
        rmSync(join(folder, "cache"), { recursive: true, force: true });
        registry.stop();
    });

    it("says where the registry has no room, and leaves no tag of an image that is not whole", async () => {
        const data = join(folder, "small");
        mkdirSync(data);
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=7m", "tmpfs", data]);
        const registry = await RealRegistry.start(binary, join(folder, "full"), { data });
        try {
            const { message, state } = await failureOf(
                plugin.create(await inputs(registry.host, { patienceSeconds: 1 })),
            );
            assert.match(
                message,
                /\d images are not at .*\n {2}team\/image-\d:1: .*its disk may be full: look into its log/,
            );
            const before = await whole(registry);
            assert.ok(before < images.length);
            execFileSync("mount", ["-o", "remount,size=100m", data]);
            await plugin.update(state.values, await inputs(registry.host));
            assert.equal(await whole(registry), images.length);
        } finally {
            await registry.kill();
            execFileSync("umount", [data]);
        }
    });

    it("takes what was listed where its tag is moved upstream meanwhile, and names the image where that is gone", async () => {
        const authority = makeCertificate({ name: "An authority", ca: true });
        const tls = makeCertificate({ name: "source", issuer: authority, names: ["127.0.0.1"] });
        const caBundle = authority.certificate;
        const upstream = await RealRegistry.start(binary, join(folder, "upstream"), {
            tls: { certificate: tls.certificate, key: tls.key },
        });
        const push = async (index: number): Promise<void> => {
            const list = [{ image: images[index]?.image ?? "", as: "team/moving:1" }];
            await plugin.create(await inputs(upstream.host, { plainHttp: false, caBundle, list }));
        };
        await push(0);
        const port = await freePort();
        const source = { kind: "registry", host: upstream.host, caBundle };
        const list = [{ image: `${upstream.host}/team/moving:1` }];
        const given = await inputs(`127.0.0.1:${port.toString()}`, { source, list, patienceSeconds: 0 });
        const { state } = await failureOf(plugin.create(given));
        // Between the list and the copy somebody moves the tag.
        await push(1);
        let registry = await RealRegistry.start(binary, join(folder, "moving"), { port });
        await plugin.update(state.values, given);
        assert.equal(await registry.digest("team/moving", "1"), images[0]?.digest);
        await registry.kill();

        registry = await RealRegistry.start(binary, join(folder, "gone"), { port });
        const remove = ["--insecure-policy", "delete", `--cert-dir=${folder}`];
        writeFileSync(join(folder, "ca.crt"), caBundle);
        const old = `docker://${upstream.host}/team/moving@${images[0]?.digest ?? ""}`;
        await runTool("skopeo", [...remove, old], {}, new AbortController().signal);
        const { message } = await failureOf(plugin.update(state.values, given));
        assert.match(message, /1 images are not at .*:\n {2}team\/moving:1: .*manifest unknown/);
        assert.equal(await registry.digest("team/moving", "1"), null);
        upstream.stop();
        registry.stop();
    });

    it("stops at once where the login ends mid-way", async () => {
        const registry = await RealRegistry.start(binary, join(folder, "login"), { htpasswd });
        let left = 25;
        const door = await doorTo(registry, () => (left -= 1) > 0);
        const host = `127.0.0.1:${(door.address() as AddressInfo).port.toString()}`;
        const begun = Date.now();
        const given = await inputs(host, { user, password, patienceSeconds: 60 });
        const { message, state } = await failureOf(plugin.create(given));
        assert.ok(Date.now() - begun < 20_000);
        assert.match(
            message,
            /images are not at .*\n {2}team\/image-\d:1: .* refuses the login \(.*\); give it a login/,
        );
        assert.ok(!message.includes(password));
        left = Infinity;
        await plugin.update(state.values, given);
        const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
        assert.equal(await whole(registry, { authorization }), images.length);
        door.close();
        registry.stop();
    });
});

/** A way to a registry that lets a login in only as long as `valid` says so. */
async function doorTo(registry: RealRegistry, valid: () => boolean): Promise<Server> {
    const door = createServer((incoming, answer) => {
        const headers = { ...incoming.headers };
        if (headers.authorization !== undefined && !valid()) headers.authorization = "Basic bm9ib2R5Om5vdGhpbmc=";
        const { hostname, port } = new URL(registry.url);
        const { method, url: path } = incoming;
        const further = request({ hostname, port, method, path, headers }, (response) => {
            answer.writeHead(response.statusCode ?? 500, response.headers);
            response.pipe(answer);
        });
        further.on("error", () => answer.destroy());
        incoming.pipe(further);
    });
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    return door;
}
