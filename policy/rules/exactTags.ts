import { containersOf, podSpecOf } from "../pods.ts";
import { excepted, names, type Rule } from "../rule.ts";

export const exactTags: Rule = {
    id: "exact-tags",
    level: "mandatory",
    description: "Every image of a pod has an exact tag or a digest.",
    reason: "a tag that moves brings another program with the next pull, on one node and not on the other",
    remedy: "name a full version (1.28.0) or a digest; tags that stand still go into `exact` of this policy",
    settings: { floating: names("latest", "stable", "edge", "main", "master", "nightly", "dev"), exact: names() },
    check: (subject, config) => {
        const spec = podSpecOf(subject);
        if (spec === undefined) return [];
        const images = containersOf(spec).map(({ image }) => image);
        const texts = images.filter((image): image is string => typeof image === "string");
        return [...new Set(texts)].flatMap((image) => {
            if (image.includes("@sha256:") || excepted(config, "exact", image)) return [];
            const tag = /:([^/:]+)$/.exec(image)?.[1];
            // What is not known yet is a sentinel of the SDK, which has no slash and no tag; every image here has a host.
            if (tag === undefined) return image.includes("/") ? [`the image ${image} has no tag`] : [];
            // `8` and `v1.2` follow the newest of their kind.
            const moves = excepted(config, "floating", tag) || /^v?\d+(\.\d+)?$/.test(tag);
            return moves ? [`the tag of the image ${image} moves`] : [];
        });
    },
};
