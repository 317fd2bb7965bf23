import assert from "node:assert/strict";

import { placeImages, targetOf, type PlacementLayout } from "../../components/images/placement.ts";
import { inTurns } from "../../plugin/images/turns.ts";
import { readSettings } from "../../settings.ts";
import { configure, stackFile } from "../support/configuration.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("places of images", () => {
    const names = (layout: PlacementLayout, folder: string | undefined, ...images: { image: string; as?: string }[]) =>
        placeImages(images, { layout, folder }).map((place) => targetOf(place, digest));

    it("leave the upstream's registry out, or keep it as a folder", () => {
        const images = [
            { image: "redis" },
            { image: "registry.k8s.io/coredns/coredns:v1" },
            { image: `localhost:5000/a/b@${digest}` },
            { image: "quay.io/x/y:2", as: "tools/y" },
            { image: "quay.io/x/y:3", as: "tools/y:new" },
        ];
        assert.deepEqual(names("path", undefined, ...images), [
            ...["library/redis:latest", "coredns/coredns:v1", `a/b@${digest}`, "tools/y:2", "tools/y:new"],
        ]);
        assert.deepEqual(names("host", "p", ...images.slice(0, 3)), [
            ...[
                "p/docker.io/library/redis:latest",
                "p/registry.k8s.io/coredns/coredns:v1",
                `p/localhost-5000/a/b@${digest}`,
            ],
        ]);
        assert.deepEqual(names("name", "p", ...images.slice(0, 3)), [
            "p/redis:latest",
            "p/coredns:v1",
            `p/b@${digest}`,
        ]);
    });

    it("are refused where two are the same, naming both, and all mistakes at once", () => {
        const images = [{ image: "a/b:1" }, { image: "quay.io/a/b:1" }, { image: "a/b:1" }, { image: "Bad" }];
        assert.throws(
            () => names("path", undefined, ...images),
            (error: Error) => {
                assert.match(error.message, /docker\.io\/a\/b:1 and quay\.io\/a\/b:1 both would be a\/b:1/);
                assert.match(error.message, /"Bad" is no image reference/);
                return true;
            },
        );
        assert.throws(() => names("host", undefined, { image: "a/b:1" }, { image: "a/b:1" }), /is named twice/);
    });
});

describe("turns", () => {
    it("never carry a piece twice at a time, and let the others go first", async () => {
        const order: string[] = [];
        const under = new Set<string>();
        let most = 0;
        const item = (name: string, ...pieces: string[]) => ({ name, pieces: new Set(pieces) });
        await inTurns(
            [item("a", "base", "1"), item("b", "base", "2"), item("c", "3"), item("d", "base")],
            2,
            async (one) => {
                const fresh = [...one.pieces].filter((piece) => !order.some((done) => done === piece));
                for (const piece of fresh) assert.ok(!under.has(piece), piece);
                for (const piece of fresh) under.add(piece);
                most = Math.max(most, under.size);
                await new Promise((resolve) => setTimeout(resolve, 5));
                for (const piece of fresh) under.delete(piece);
                order.push(one.name, ...one.pieces);
            },
        );
        assert.deepEqual(order.filter((one) => /^[a-d]$/.test(one)).length, 4);
        assert.ok(order.indexOf("c") < order.indexOf("b"));
        assert.ok(most >= 3, "nothing was done at the same time");
    });

    it("begin nothing more after one has failed", async () => {
        const begun: number[] = [];
        const items = [0, 1, 2, 3].map((number) => ({ number, pieces: new Set<string>() }));
        const work = async ({ number }: { number: number }): Promise<void> => {
            begun.push(number);
            await Promise.resolve();
            if (number === 0) throw new Error("the first");
        };
        await assert.rejects(inTurns(items, 1, work), /the first/);
        assert.deepEqual(begun, [0]);
    });
});

describe("the section images", () => {
    const source = { kind: "bundle", path: "site.tar", sha256: "a".repeat(64) };
    const read = (images: object, more: object = {}) => {
        configure({ ...stackFile("dev"), images, ...more });
        return readSettings();
    };

    it("goes to the stack's own registry unless it says otherwise", () => {
        const { images } = read({ source });
        assert.equal(images?.destination, "registry");
        assert.equal(images.reach, "auto");
    });

    it("tells every mistake at once, by key", () => {
        const images = {
            source: { kind: "registry", path: "x", sha256: "12" },
            list: [{ image: "Bad" }, { image: "a/b:1", digest: "sha256:1" }],
            ...{ destination: "harbor", folder: "Upper", reach: "cluster", concurrency: 0 },
        };
        assert.throws(
            () => read(images),
            (error: Error) => {
                for (const key of ["source.sha256", "list.1.digest", "folder", "concurrency"])
                    assert.match(error.message, new RegExp(`images\\.${key.replace(/\./g, "\\.")}: `));
                return true;
            },
        );
        const second = {
            source: { kind: "registry", path: "x" },
            list: [{ image: "Bad" }],
            ...{ destination: "harbor", reach: "cluster" },
        };
        assert.throws(
            () => read(second),
            (error: Error) => {
                for (const key of ["source.path", "source.host", "list.0.image", "service"])
                    assert.match(error.message, new RegExp(`images\\.${key.replace(/\./g, "\\.")}: `));
                return true;
            },
        );
        assert.throws(
            () => read({ source, destination: "harbor" }),
            /images\.destination: .*there is no `harbor` section/,
        );
    });

    it("takes logins only for hosts that it names, and shows none", () => {
        const images = { source, destination: "other.example.org" };
        const login = { user: "u", password: "never-to-be-shown" };
        const { imageCredentialHosts } = read(images, { imageCredentials: { "other.example.org": login } });
        assert.deepEqual(imageCredentialHosts, ["other.example.org"]);
        assert.throws(
            () => read(images, { imageCredentials: { "else.example.org": login } }),
            (error: Error) => {
                assert.match(
                    error.message,
                    /imageCredentials\.else\.example\.org: nothing is copied from or to it; known are other/,
                );
                assert.ok(!error.message.includes(login.password));
                return true;
            },
        );
    });
});
