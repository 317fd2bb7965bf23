import assert from "node:assert/strict";

import * as fc from "fast-check";

import { parseReference, referenceText } from "../../../components/images/reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("image reference", () => {
    // What distribution/reference, which Docker and containerd use, makes of the same texts.
    const forms: Record<string, string> = {
        redis: "docker.io/library/redis:latest",
        "redis:7": "docker.io/library/redis:7",
        "bitnami/redis:7": "docker.io/bitnami/redis:7",
        "docker.io/redis:7": "docker.io/library/redis:7",
        "index.docker.io/redis:7": "docker.io/library/redis:7",
        "localhost/own": "localhost/own:latest",
        "localhost:5000/own:1": "localhost:5000/own:1",
        "LAB/own:1": "LAB/own:1",
        "registry.site.test:5000/a/b/c:v1.2_3-4": "registry.site.test:5000/a/b/c:v1.2_3-4",
        "[fd00::1]:5000/own:1": "[fd00::1]:5000/own:1",
        [`registry.k8s.io/pause@${digest}`]: `registry.k8s.io/pause@${digest}`,
        [`redis:7@${digest}`]: `docker.io/library/redis:7@${digest}`,
        "quay.io/a__b/c--d/e.f_g": "quay.io/a__b/c--d/e.f_g:latest",
        "http:3": "docker.io/library/http:3",
    };
    for (const [given, full] of Object.entries(forms)) {
        it(`reads ${given}`, () => {
            assert.equal(referenceText(parseReference(given)), full);
        });
    }

    it("tells its parts", () => {
        assert.deepEqual(parseReference(`registry.site.test:5000/team/app:v1@${digest}`), {
            registry: "registry.site.test:5000",
            repository: "team/app",
            tag: "v1",
            digest,
        });
        assert.deepEqual(parseReference(`pause@${digest}`), {
            registry: "docker.io",
            repository: "library/pause",
            digest,
        });
    });

    const refused: Record<string, RegExp> = {
        "": /"" is no image reference: it is empty/,
        "redis:7 redis:8": /white space/,
        "https://registry.site.test/redis:7": /without the scheme/,
        "docker://redis": /without the scheme/,
        "library/Redis:7": /lower case/,
        "redis:": /"" is no tag/,
        "redis:-7": /"-7" is no tag/,
        [`redis:${"7".repeat(129)}`]: /is no tag: at most 128/,
        "redis@sha256:123": /64 hexadecimal digits/,
        [`redis@${digest.toUpperCase()}`]: /64 hexadecimal digits of lower case/,
        [`redis@${digest}@${digest}`]: /more than one @/,
        "registry.site.test/": /names no repository/,
        "registry.site.test:port/redis": /"registry.site.test:port" is no host/,
        "-host.test/redis": /"-host.test" is no host/,
        "a//b": /"a\/\/b" is no repository/,
        "a..b": /is no repository/,
        "a/-b": /is no repository/,
        "registry.site.test/../etc:1": /is no repository/,
        [`host.test/${"a".repeat(250)}`]: /longer than 255/,
    };
    for (const [given, problem] of Object.entries(refused)) {
        it(`refuses ${given === "" ? "nothing" : given.slice(0, 60)}`, () => {
            assert.throws(() => parseReference(given), problem);
        });
    }

    it("reads its own text again, and answers whatever it is given", () => {
        const alphabet = fc.constantFrom(
            ...Array.from("ab0-_./:@AZ[] "),
            "sha256:",
            digest,
            "localhost/",
            "docker.io/",
        );
        fc.assert(
            fc.property(fc.array(alphabet, { maxLength: 24 }), (parts) => {
                let read;
                try {
                    read = parseReference(parts.join(""));
                } catch (error) {
                    assert.match((error as Error).message, /is no image reference/);
                    return;
                }
                assert.deepEqual(parseReference(referenceText(read)), read);
            }),
            { numRuns: 2000 },
        );
    });

    it("answers at once to a text made to keep a pattern busy", () => {
        const before = performance.now();
        assert.throws(() => parseReference(`${"a-".repeat(50_000)}!`), /is no repository/);
        assert.throws(() => parseReference(`${"a".repeat(100_000)}!`), /is no repository/);
        assert.ok(performance.now() - before < 1000);
    });
});
