import { z } from "zod";

import { label, once } from "../common.ts";

const namespace = z.string().regex(label, "allowed is the name of a namespace");
const names = (meaning: string) =>
    z
        .array(z.string().min(1))
        .refine(...once)
        .default([])
        .describe(meaning);

/** Who may do what in one namespace. */
export const project = z.strictObject({
    namespace: namespace.describe("Existing namespace: the first part of its images' names."),
    viewers: names("Users who may pull and look (`registry-viewer`)."),
    viewerGroups: names("Groups who may."),
    editors: names(
        "Users who may push too (`registry-editor`). That role may also read and write the namespace's Secrets.",
    ),
    editorGroups: names("Groups who may."),
    pulledBy: z
        .array(namespace)
        .refine(...once)
        .default([])
        .describe("Other namespaces whose pods may pull (`system:image-puller`)."),
    public: z.boolean().default(false).describe("Whether everybody may pull, without a login."),
});

/** A login for CI. */
export const builder = z.strictObject({
    namespace: namespace.describe("Existing namespace that it pushes to."),
    name: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/, "allowed are 1 to 40 lower-case letters, digits and '-'")
        .describe("Name of the ServiceAccount, which is made."),
    lifetimeHours: z
        .int()
        .min(1)
        .max(24 * 365)
        .default(720)
        .describe("How long a token is good, in hours. `up` gets another one in its last third."),
    generation: z.int().min(1).default(1).describe("Another number is another token; the one before ends by itself."),
});

const upstream = z
    .string()
    .regex(
        /^[a-z0-9.-]+\.[a-z0-9.-]+(:\d+)?\/[a-z0-9._/-]+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$|^[a-z0-9.-]+:\d+\/[a-z0-9._/-]+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
        "allowed is registry/repository:tag, with the registry",
    );

const tag = z
    .strictObject({
        name: z
            .string()
            .regex(/^\w[\w.-]{0,127}$/, "allowed is a tag")
            .describe("The tag here."),
        from: upstream.describe("The image upstream, with its registry: `docker.io/library/redis:8`."),
        scheduled: z
            .boolean()
            .default(false)
            .describe(
                "Whether the cluster imports it again by itself, about every 15 minutes. Else it is held where it is.",
            ),
        importMode: z
            .enum(["PreserveOriginal", "Legacy"])
            .default("PreserveOriginal")
            .describe("`PreserveOriginal`: an image for many platforms stays one. `Legacy`: one platform of it."),
        referencePolicy: z
            .enum(["Local", "Source"])
            .default("Local")
            .describe("Where pods pull it: from this registry, or from upstream."),
        insecure: z.boolean().default(false).describe("Whether upstream's certificate is not looked at."),
    })
    .superRefine(({ scheduled, from }, context) => {
        if (scheduled && from.includes("@"))
            context.addIssue({ code: "custom", path: ["scheduled"], message: "an image by digest never changes" });
    });

/** A repository. */
export const stream = z
    .strictObject({
        namespace: namespace.describe("Existing namespace."),
        name: z
            .string()
            .regex(/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/, "allowed is one part of a repository's name, without '/'")
            .describe("Name. With slashes it could not be pushed to."),
        tags: z.array(tag).default([]).describe("What comes from upstream. Without any, images are pushed to it."),
        lookupLocal: z
            .boolean()
            .default(false)
            .describe("Whether the namespace's pods find its images by their bare name."),
        request: z.int().min(1).default(1).describe("Another number imports every tag once more, at the next `up`."),
        adopt: z.boolean().default(false).describe("Whether one of that name that is there already is taken over."),
        deleteContents: z
            .boolean()
            .default(false)
            .describe("Whether what was pushed to it goes with it. Else the stream stays, with a warning."),
    })
    .superRefine(({ tags }, context) => {
        tags.forEach(({ name }, index) => {
            if (tags.findIndex((other) => other.name === name) < index)
                context.addIssue({
                    code: "custom",
                    path: ["tags", index, "name"],
                    message: "allowed is each tag once",
                });
        });
    });
