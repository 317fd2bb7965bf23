import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { MirrorSetArgs, OkdRegistryArgs } from "./okdRegistryArgs.ts";

const kinds = {
    digest: { kind: "ImageDigestMirrorSet", list: "imageDigestMirrors" },
    tag: { kind: "ImageTagMirrorSet", list: "imageTagMirrors" },
} as const;

/** What an update leaves of them, for the next one to compare with. */
export interface MirrorSetFacts {
    /** Whether nodes might be drained then. Else the engine protects the sets. */
    drainConfirmed: boolean;
    /** Their mirrors as text, by `<by> <name>`. */
    sets: Record<string, string>;
}

/** The facts of the sets as they are wanted. Mirrors that differ have another text. */
export function mirrorSetFacts(args: Pick<OkdRegistryArgs, "mirrorSets" | "confirmNodeDrain">): MirrorSetFacts {
    const sets = args.mirrorSets.map(({ by, name, mirrors }) => [`${by} ${name}`, JSON.stringify(mirrors)] as const);
    return { drainConfirmed: args.confirmNodeDrain, sets: Object.fromEntries(sets) };
}

/** Where nodes look first. Nothing of it can be waited for but the nodes' own restart, which may take hours. */
export function createMirrorSet(
    name: string,
    { name: objectName, by, mirrors }: MirrorSetArgs,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): void {
    const { kind, list } = kinds[by];
    new k8s.apiextensions.CustomResource(
        `${name}-mirrors-${by}-${objectName}`,
        {
            apiVersion: "config.openshift.io/v1",
            kind,
            metadata: { name: objectName, labels },
            spec: { [list]: mirrors },
        },
        opts,
    );
}
