import { z } from "zod";

import { label } from "../common.ts";

const quantity = z.string().regex(/^\d+(\.\d+)?(m|[kMGTP]i?)?$/, "allowed is a quantity such as 500m or 2Gi");
const amounts = z.strictObject({
    cpu: quantity.optional().describe("Processors."),
    memory: quantity.optional().describe("Memory."),
});

/** What may be overridden of which kind (apis/quay/v1/quayregistry_types.go). */
const allowed: Readonly<Record<string, readonly string[]>> = {
    replicas: ["quay", "clair", "mirror"],
    resources: ["quay", "clair", "mirror", "postgres", "clairpostgres", "redis"],
    volumeSize: ["postgres", "clairpostgres"],
    storageClassName: ["postgres", "clairpostgres"],
    env: ["quay", "clair", "mirror", "postgres", "redis", "clairpostgres"],
};

/** The kinds that a site may leave to the operator or not. Storage and TLS have settings of their own. */
export const kinds = [
    "quay",
    "postgres",
    "clair",
    "clairpostgres",
    "redis",
    "horizontalpodautoscaler",
    "route",
    "mirror",
    "monitoring",
] as const;

const gibibytes: Readonly<Record<string, number>> = { Mi: 1 / 1024, Gi: 1, Ti: 1024 };

export const component = z.strictObject({
    kind: z.enum(kinds).describe("Which."),
    managed: z.boolean().default(true).describe("Whether the operator runs it."),
    replicas: z.int().min(0).max(50).optional().describe("Pods of `quay`, `clair` or `mirror`."),
    resources: z
        .strictObject({
            requests: amounts.optional().describe("What is set aside for each pod."),
            limits: amounts.optional().describe("The most that each pod gets."),
        })
        .optional()
        .describe("For each pod. Quay's own default is 2 processors and 8Gi for each of two."),
    volumeSize: z
        .string()
        .regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "allowed is a size such as 50Gi")
        .optional()
        .describe("Volume of `postgres` or `clairpostgres`, at least 50Gi."),
    storageClassName: z.string().regex(label, "allowed is a name").optional().describe("StorageClass of that volume."),
    env: z
        .array(
            z.strictObject({
                name: z.string().min(1).describe("Name of the variable."),
                value: z.string().describe("Its value, which is no secret."),
            }),
        )
        .optional()
        .describe("Variables of its containers."),
});

export type Component = z.infer<typeof component>;

/** What is wrong with the list, each by its place. */
export function componentMistakes(
    components: readonly Component[],
    ownBounds: boolean,
): { path: (string | number)[]; message: string }[] {
    const autoscaled = components.find(({ kind }) => kind === "horizontalpodautoscaler")?.managed ?? !ownBounds;
    return components.flatMap((one, index) => {
        const mistakes: { path: (string | number)[]; message: string }[] = [];
        const refuse = (key: string, message: string): number => mistakes.push({ path: [index, key], message });
        if (components.findIndex(({ kind }) => kind === one.kind) < index) refuse("kind", "is there twice");
        if (one.kind === "quay" && !one.managed) refuse("managed", "the operator always runs quay itself");
        for (const [key, of] of Object.entries(allowed)) {
            if (one[key as keyof Component] === undefined) continue;
            if (!of.includes(one.kind)) refuse(key, `is only for ${of.join(", ")}`);
            else if (!one.managed) refuse(key, "is only for what the operator manages");
        }
        if (one.replicas !== undefined && one.replicas > 0 && autoscaled)
            refuse("replicas", "the autoscaler decides: set it to 0, or horizontalpodautoscaler to managed: false");
        if (one.replicas !== undefined && ownBounds) refuse("replicas", "quay.autoscaling decides: leave it out");
        if (one.kind === "horizontalpodautoscaler" && one.managed && ownBounds)
            refuse("managed", "quay.autoscaling gives bounds of its own: leave this out");
        const [, size = "", unit = ""] = /^(\d+)(..)$/.exec(one.volumeSize ?? "") ?? [];
        if (size !== "" && Number(size) * (gibibytes[unit] ?? 0) < 50)
            refuse("volumeSize", "allowed is 50Gi or more: the operator does not make it smaller");
        return mistakes;
    });
}
