import assert from "node:assert/strict";

import { lockText, parseLock, type ImageLock, type LockedImage } from "../../../components/images/lock.ts";

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const redis: LockedImage = {
    image: "docker.io/library/redis:7",
    digest: digest("a"),
    mediaType: "application/vnd.oci.image.index.v1+json",
    platforms: ["linux/arm64/v8", "linux/amd64"],
    size: 1234,
    attached: [
        { tag: `sha256-${"a".repeat(64)}.sig`, digest: digest("c") },
        { subject: digest("a"), digest: digest("b"), artifactType: "application/spdx+json" },
    ],
};
const pause: LockedImage = {
    image: `registry.k8s.io/pause@${digest("d")}`,
    digest: digest("d"),
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    platforms: "all",
    size: 0,
    attached: [],
};

describe("lock of images", () => {
    it("is the same text whatever the order, and reads as it was written", () => {
        const one = lockText({ version: 1, images: [pause, redis] });
        const turned = {
            ...redis,
            attached: [...redis.attached].reverse(),
            platforms: ["linux/amd64", "linux/arm64/v8"],
        };
        assert.equal(lockText({ version: 1, images: [turned, pause] }), one);
        assert.equal(lockText(parseLock(one, "lock")), one);
        const { images } = parseLock(one, "lock");
        assert.deepEqual(
            images.map(({ image }) => image),
            [redis.image, pause.image],
        );
        assert.deepEqual(images[0]?.platforms, ["linux/amd64", "linux/arm64/v8"]);
        assert.deepEqual(new Set(images[0].attached), new Set(redis.attached));
        assert.deepEqual(images[1], pause);
    });

    it("names the file, and every mistake by its key", () => {
        const text = JSON.stringify({
            version: 1,
            images: [
                redis,
                { ...pause, image: "redis", digest: "sha256:1", size: -1 },
                { ...pause, platforms: [], attached: [{ tag: "t" }], more: 1 },
            ],
        });
        assert.throws(
            () => parseLock(text, "the lock of site.tar"),
            (error: Error) => {
                const [first, ...mistakes] = error.message.split("\n  ");
                assert.equal(first, "the lock of site.tar is no lock of images:");
                assert.deepEqual(
                    mistakes.map((mistake) => mistake.split(":")[0]),
                    [
                        "images[1].image",
                        "images[1].digest",
                        "images[1].size",
                        "images[2].platforms",
                        "images[2].attached[0]",
                        "images[2]",
                    ],
                );
                return true;
            },
        );
    });

    it("refuses an image that is there twice, another version, and what is no JSON", () => {
        const twice: ImageLock = { version: 1, images: [pause, redis, pause] };
        assert.throws(() => parseLock(JSON.stringify(twice), "lock"), /images\[2\]\.image: .* is images\[0\] too/);
        assert.throws(() => parseLock('{"version":2,"images":[]}', "lock"), /\n {2}version: /);
        assert.throws(() => parseLock("{", "lock"), /lock is no JSON/);
        assert.throws(() => parseLock("[]", "lock"), /the whole: /);
    });
});
