import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { hashPassword } from "../../components/registry/users.ts";
import type { LockedImage } from "../../components/images/lock.ts";
import { writeRandomImages } from "../../lab/images/randomImages.ts";
import type { Properties } from "../../plugin/properties.ts";
import { copyTools, onPath } from "../support/copyTools.ts";
import { PluginClient } from "../support/pluginClient.ts";
import { RealRegistry, registryBinary } from "../support/realRegistry.ts";
import { bundleOf, lockedImages, type SmallBundle } from "../support/smallBundle.ts";

const user = "pusher";
const password = "a-password-of-a-test";
const htpasswd = `${user}:${hashPassword(password, "abcdefghijklmnopqrstuv", 5)}\n`;

describe("seeding that goes wrong", function () {
    this.timeout(120_000);
    let folder: string;
    let binary: string;
    let bundle: SmallBundle;
    let images: LockedImage[];
    let plugin: PluginClient;
    let restorePath: () => void;
    const { XDG_CACHE_HOME } = process.env;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "seeding-"));
        binary = await registryBinary();
        restorePath = onPath(await copyTools(join(folder, "bin")));
        process.env.XDG_CACHE_HOME = join(folder, "cache");
        const layout = join(folder, "layout");
        const names = Array.from({ length: 8 }, (_, index) => `quay.io/team/image-${index.toString()}:1`);
        await writeRandomImages(
            layout,
            names.map((name) => ({ name, layers: 2, layerBytes: 1 << 20 })),
        );
        images = lockedImages(layout);
        bundle = await bundleOf(layout, images, join(folder, "site.tar"));
        plugin = await PluginClient.start("SeededImages", "");
    });
    after(() => {
        plugin.stop();
        restorePath();
        if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
        rmSync(folder, { recursive: true, force: true });
    });

    const inputs = async (host: string, change: Properties = {}): Promise<Properties> => {
        const source = { kind: "bundle", path: bundle.path, sha256: bundle.sha256 };
        const given = { source, host, plainHttp: true, patienceSeconds: 3, concurrency: 2, ...change };
        const { values, failures } = await plugin.check(given);
        assert.deepEqual(failures, []);
        return values;
    };
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
    const failure = async (work: Promise<unknown>): Promise<ReturnType<typeof PluginClient.partial>> => {
        try {
            await work;
        } catch (error) {
            return PluginClient.partial(error);
        }
        throw new Error("it did not fail");
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
        const seeding = failure(plugin.create(given));
        const first = join(home, "data/docker/registry/v2/repositories/team/image-2");
        while (!existsSync(first)) await sleep(5);
        await registry.kill();
        const { message, state } = await seeding;
        assert.match(
            message,
            /images are not at 127\.0\.0\.1:\d+ \(directly\):\n {2}team\/image-\d:1: .*connection refused/,
        );
        assert.match(message, /What is there stays, and the next `up` goes on\./);
        registry = await RealRegistry.start(binary, home, { port: Number(port) });
        const before = await whole(registry);
        assert.ok(before >= 1 && before < images.length, before.toString());
        rmSync(join(folder, "started"));
        await plugin.update(state.values, given);
        assert.equal(await whole(registry), images.length);
        const started = readFileSync(join(folder, "started"), "utf8").trim().split("\n");
        assert.equal(started.length, images.length - before);
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
            const { message } = await failure(
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
        const { message } = await failure(plugin.create(await inputs(registry.host)));
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
            const { message, state } = await failure(
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

    it("stops at once where the login ends mid-way", async () => {
        const registry = await RealRegistry.start(binary, join(folder, "login"), { htpasswd });
        let left = 25;
        const door = await doorTo(registry, () => (left -= 1) > 0);
        const host = `127.0.0.1:${(door.address() as AddressInfo).port.toString()}`;
        const begun = Date.now();
        const given = await inputs(host, { user, password, patienceSeconds: 60 });
        const { message, state } = await failure(plugin.create(given));
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
