import assert from "node:assert/strict";

import fc from "fast-check";

import {
    acceptable,
    allKinds,
    objectMistakes,
    objectsOf,
    providerMistakes,
    refusalMistakes,
    renderSite,
} from "../support/generatedSite.ts";
import { chosenSeed } from "../support/seed.ts";
import { settingsArbitrary } from "../support/settingsArbitrary.ts";

const cases = 1000;

describe("generated settings", () => {
    it(`${cases.toString()} configurations are refused by key, or render to sound objects`, async function () {
        this.timeout(240_000);
        const counts = { accepted: 0, refused: 0, neverAccepted: 0, rendered: 0, objects: 0 };
        const kinds = new Map(allKinds.map((kind) => [kind, 0]));
        const property = fc.asyncProperty(settingsArbitrary(), fc.nat(1), async (values, dice) => {
            let outcome = await renderSite(values);
            if (outcome.refused === undefined) counts.accepted += 1;
            else {
                counts.refused += 1;
                assert.deepEqual(refusalMistakes(outcome.refused, values), []);
                // Every second, so that the fast tests stay fast; the dry runs mend every one.
                const better = dice === 0 ? acceptable(values) : undefined;
                if (better === undefined) {
                    if (dice === 0) counts.neverAccepted += 1;
                    return;
                }
                outcome = await renderSite(better);
                assert.ok(outcome.refused === undefined);
            }
            counts.rendered += 1;
            for (const kind of outcome.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
            const objects = objectsOf(outcome.registered);
            counts.objects += objects.length;
            assert.deepEqual(objectMistakes(objects), []);
            assert.deepEqual(providerMistakes(outcome.registered), []);
        });
        await fc.assert(property, {
            seed: chosenSeed("generated settings"),
            numRuns: cases,
            interruptAfterTimeLimit: 200_000,
        });
        console.log(`        ${JSON.stringify(counts)}`);
        console.log(`        ${[...kinds].map(([kind, times]) => `${kind}: ${times.toString()}`).join(", ")}`);
        // A generator whose cases all end the same way would prove nothing.
        assert.ok(counts.refused >= cases / 10 && counts.rendered >= cases / 3, JSON.stringify(counts));
        const missed = [...kinds].filter(([, times]) => times === 0).map(([kind]) => kind);
        assert.deepEqual(missed, [], "kinds that no rendered configuration has");
    });
});

describe("what generated settings have found", () => {
    const site = (registry: object, nodeTrust: object = {}) => ({
        registry: { host: "registry.example.org", ...registry },
        nodeTrust,
    });
    const refusals: [string, object][] = [
        ["registry.proof.namespace", site({ proof: { namespace: "p".repeat(51) } })],
        ["registry.storage.storageClass", site({ storage: { storageClass: "a..b" } })],
        ["nodeTrust.registryDirectory", site({}, { registryDirectory: "/etc/../certs.d" })],
    ];
    for (const [key, values] of refusals) {
        it(`${key} is refused where the API server would refuse it`, async () => {
            const { refused } = await renderSite(values as Record<string, unknown>);
            assert.deepEqual(
                refused?.map((line) => line.split(":")[0]),
                [key],
            );
        });
    }

    it("every mistake of a list of images has its key", async () => {
        const list = [{ image: "a/b:1" }, { image: "c:1", as: "fd00::7" }, { image: "a/b:1" }];
        const images = { source: { kind: "bundle", path: "bundle.tar", sha256: "0".repeat(64) }, list };
        const { refused } = await renderSite({ ...site({}), images });
        assert.equal(refused?.length, 2);
        for (const line of refused) assert.match(line, /^images\.list: /);
    });

    it("a host name of 253 characters fits into the keys of a ConfigMap", async () => {
        const host = `${`${"a".repeat(62)}.`.repeat(4)}b`;
        const outcome = await renderSite(site({ host }));
        assert.ok(outcome.refused === undefined);
        assert.deepEqual(objectMistakes(objectsOf(outcome.registered)), []);
    });
});
