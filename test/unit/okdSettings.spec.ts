import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";

const mistakes = (okd: object, more: Record<string, unknown> = {}): string => {
    configure({ okd, ...more });
    try {
        readSettings();
    } catch (error) {
        return (error as Error).message;
    }
    return "";
};
const routes = [{ name: "site", host: "registry.site.test" }];
const claim = { kind: "claim", claim: "images" };

describe("the section okd", () => {
    it("is complete with nothing in it", () => {
        assert.equal(mistakes({}), "");
    });

    const wrong: [what: string, okd: object, expected: RegExp][] = [
        [
            "the operator's route by name",
            { routes: [{ name: "default-route", host: "a.b" }] },
            /okd\.routes\.0\.name: is "default-route"; is the operator's own: set okd\.defaultRoute/,
        ],
        [
            "a host that is none",
            { routes: [{ name: "a", host: "https://a.b" }] },
            /okd\.routes\.0\.host: is "https:\/\/a\.b"; allowed is/,
        ],
        [
            "one host twice",
            { routes: [...routes, { name: "two", host: "registry.site.test" }] },
            /okd\.routes\.1\.host: .* is there twice/,
        ],
        [
            "no name of a claim",
            { management: { storage: { kind: "claim" } } },
            /okd\.management\.storage\.claim: is missing; the kind claim needs one/,
        ],
        [
            "a bucket that is not told",
            { management: { storage: { kind: "s3" } } },
            /okd\.management\.storage\.s3: is missing; the kind s3 needs it/,
        ],
        [
            "two pods with a volume for one",
            {
                management: {
                    replicas: 2,
                    storage: { ...claim, newClaim: { size: "1Gi", accessMode: "ReadWriteOnce" } },
                },
            },
            /okd\.management\.rolloutStrategy: .*set replicas to 1 and this to Recreate/,
        ],
        [
            "two pods with emptyDir",
            { management: { replicas: 2, storage: { kind: "emptyDir" } } },
            /okd\.management\.replicas: is 2; with emptyDir/,
        ],
        [
            "a stream with a slash",
            { streams: [{ namespace: "a", name: "b/c" }] },
            /okd\.streams\.0\.name: is "b\/c"; allowed is one part/,
        ],
        [
            "an upstream without its registry",
            { streams: [{ namespace: "a", name: "b", tags: [{ name: "1", from: "redis:8" }] }] },
            /okd\.streams\.0\.tags\.0\.from: is "redis:8"; allowed is registry\/repository:tag/,
        ],
        [
            "a schedule of a digest",
            {
                streams: [
                    {
                        namespace: "a",
                        name: "b",
                        tags: [{ name: "1", from: `quay.io/a/b@sha256:${"a".repeat(64)}`, scheduled: true }],
                    },
                ],
            },
            /tags\.0\.scheduled: is true; an image by digest never changes/,
        ],
        ["a pruner's cron", { pruner: { schedule: "daily" } }, /okd\.pruner\.schedule: is "daily"; allowed is cron/],
    ];
    for (const [what, okd, expected] of wrong) {
        it(`refuses ${what}, by key`, () => {
            assert.match(mistakes(okd), expected);
        });
    }

    it("does not go with a registry of the stack's own", () => {
        assert.match(
            mistakes({}, { registry: { host: "a.b.c", users: [{ name: "a" }], proof: { enabled: false } } }),
            /okd: .*leave out `registry` and `nodeTrust`/,
        );
    });

    it("judges a route's certificate, and shows no key", () => {
        const authority = makeCertificate({ name: "ca", ca: true });
        const other = makeCertificate({ name: "leaf", issuer: authority, names: ["elsewhere.test"] });
        const given = { certificate: other.certificate, key: other.key, ca: authority.certificate };
        const said = mistakes({ routes }, { okdSecrets: { certificates: { site: given, ghost: given } } });
        assert.match(said, /okdSecrets\.certificates\.site\.certificate: does not name registry\.site\.test/);
        assert.match(said, /okdSecrets\.certificates\.ghost: okd\.routes has no route of that name/);
        assert.ok(!said.includes("PRIVATE KEY"));
        const right = makeCertificate({ name: "leaf", issuer: authority, names: ["registry.site.test"] });
        assert.equal(
            mistakes(
                { routes },
                {
                    okdSecrets: {
                        certificates: { site: { ...given, certificate: right.certificate, key: right.key } },
                    },
                },
            ),
            "",
        );
    });

    it("wants a bucket's key in its place, and nowhere else", () => {
        const s3 = { accessKey: "a", secretKey: "hidden-secret" };
        assert.match(mistakes({}, { okdSecrets: { s3 } }), /okdSecrets\.s3: okd\.management\.storage\.kind is not s3/);
        const management = { storage: { kind: "s3", s3: { bucket: "images" } } };
        assert.match(mistakes({ management }), /okdSecrets\.s3: is missing/);
        assert.ok(!mistakes({}, { okdSecrets: { s3, more: 1 } }).includes("hidden-secret"));
        assert.equal(mistakes({ management }, { okdSecrets: { s3 } }), "");
    });
});
