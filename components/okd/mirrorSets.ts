import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { MirrorSetArgs } from "./okdRegistryArgs.ts";

const kinds = {
    digest: { kind: "ImageDigestMirrorSet", list: "imageDigestMirrors" },
    tag: { kind: "ImageTagMirrorSet", list: "imageTagMirrors" },
} as const;

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
