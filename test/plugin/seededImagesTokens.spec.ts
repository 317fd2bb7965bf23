import assert from "node:assert/strict";
import { join } from "node:path";

import { attachTo } from "../support/artifacts.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { RealRegistry } from "../support/realRegistry.ts";
import { failureOf, login, SeedingTest } from "../support/seedingTest.ts";
import { TokenServer } from "../support/tokenServer.ts";

describe("seeding registries that answer with tokens", function () {
    this.timeout(120_000);
    let test: SeedingTest;
    let tokens: TokenServer;
    const registries: RealRegistry[] = [];

    before(async () => {
        const names = Array.from({ length: 4 }, (_, index) => `quay.io/team/image-${index.toString()}:1`);
        test = await SeedingTest.start(names, (layout, images) => images.map((image) => attachTo(layout, image)));
    });
    after(() => {
        test.stop();
    });
    beforeEach(async () => {
        tokens = await TokenServer.start(login);
    });
    afterEach(() => {
        tokens.stop();
        for (const registry of registries.splice(0)) registry.stop();
    });
    let number = 0;
    const fresh = async (manner: Parameters<typeof RealRegistry.start>[2] = {}): Promise<RealRegistry> => {
        const folder = join(test.folder, `tokens-${(number += 1).toString()}`);
        const registry = await RealRegistry.start(test.binary, folder, { token: tokens.manner, ...manner });
        registries.push(registry);
        return registry;
    };
    const seeded = (state: { values: Record<string, unknown> }): unknown[] => state.values.images as unknown[];

    it("copies there with what is attached, and keeps the login for the next time", async () => {
        const registry = await fresh();
        const given = await test.inputs(registry.host, { ...login });
        const { state } = await test.plugin.create(given);
        assert.equal(seeded(state).length, 12);
        assert.deepEqual([...state.secrets], ["password"]);
        test.started();
        const before = tokens.given;
        await test.plugin.update(state.values, given);
        assert.deepEqual(test.started(), []);
        // One for each repository, whatever is asked in it.
        assert.equal(tokens.given - before, 4);
        assert.deepEqual((await test.plugin.read(registry.host, state.values))?.values, state.values);
    });

    it("copies from one to another, each with its own tokens", async () => {
        const authority = makeCertificate({ name: "An authority", ca: true });
        const { certificate, key } = makeCertificate({ name: "source", issuer: authority, names: ["127.0.0.1"] });
        const sources = await TokenServer.start(login, { certificate, key });
        const from = await fresh({ tls: { certificate, key }, token: sources.manner });
        const to = await fresh();
        const { caBundle, secure } = { caBundle: authority.certificate, secure: { plainHttp: false } };
        await test.plugin.create(await test.inputs(from.host, { ...login, ...secure, caBundle }));
        const source = { kind: "registry", host: from.host, user: login.user, caBundle };
        const list = [{ image: `${from.host}/team/image-0:1` }];
        const outward = { ...login, source, sourcePassword: login.password, list };
        const { state } = await test.plugin.create(await test.inputs(to.host, outward));
        const [image, signature, sbom] = seeded(state) as { digest: string; subject?: string; tag?: string }[];
        assert.equal(image?.digest, test.images[0]?.digest);
        assert.equal(signature?.tag, `${image?.digest.replace(":", "-") ?? ""}.sig`);
        assert.equal(sbom?.subject, image?.digest);
        assert.deepEqual((await test.plugin.read(to.host, state.values))?.values, state.values);
        const wrong = { ...outward, sourcePassword: "not-the-password", patienceSeconds: 0 };
        await assert.rejects(test.plugin.create(await test.inputs(to.host, wrong)), (error: Error) => {
            assert.match(error.message, /answers \/token with 401/);
            assert.ok(!error.message.includes("not-the-password"));
            return true;
        });
        sources.stop();
    });

    it("goes on where every token ends mid-way", async () => {
        const registry = await fresh();
        let manifests = 0;
        const host = await tokens.door(registry.url, (method, path) => {
            if (method === "PUT" && path.includes("/manifests/") && (manifests += 1) === 3) tokens.expire();
        });
        const { state } = await test.plugin.create(await test.inputs(host, { ...login, concurrency: 2 }));
        assert.equal(seeded(state).length, 12);
        assert.ok(manifests >= 12);
        assert.deepEqual((await test.plugin.read(host, state.values))?.values, state.values);
    });

    it("stops with one error that names the images where no token is given any more, and goes on with the next login", async () => {
        const registry = await fresh();
        let manifests = 0;
        const host = await tokens.door(registry.url, (method, path) => {
            if (method !== "PUT" || !path.includes("/manifests/") || (manifests += 1) !== 3) return;
            tokens.open = false;
            tokens.expire();
        });
        const given = await test.inputs(host, { ...login, concurrency: 1, patienceSeconds: 60 });
        const begun = Date.now();
        const { message, state } = await failureOf(test.plugin.create(given));
        assert.ok(Date.now() - begun < 40_000);
        assert.match(
            message,
            /images are not at .*\n {2}team\/image-\d.*: .* refuses the login \(.*\); give it a login/,
        );
        assert.ok(!message.includes(login.password));
        tokens.open = true;
        test.started();
        const mended = await test.plugin.update(state.values, given);
        assert.ok(test.started().length < 12);
        assert.equal(seeded(mended).length, 12);
    });
});
