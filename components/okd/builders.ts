import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { OkdToken } from "../../plugin/sdk/okdToken.ts";
import { dockerConfig } from "../registry/dockerConfig.ts";
import { bind } from "./access.ts";
import type { BuilderArgs } from "./okdRegistryArgs.ts";

/** Address of the registry for pods and nodes, on every cluster. */
export const internalHost = "image-registry.openshift-image-registry.svc:5000";

/** A login for CI, as it came out. */
export interface Builder {
    /** `<namespace>/<name>`. */
    readonly key: string;
    readonly token: OkdToken;
}

/**
 * A ServiceAccount that may push, and its token. `system:image-pusher` would not do: it may not make the image stream that the first push
 * needs. The token is bound to a Secret without content, so that it ends with the stack and not only with its time.
 */
export function createBuilder(
    name: string,
    { namespace, name: account, lifetimeHours, generation }: BuilderArgs,
    hosts: pulumi.Output<string[]>,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): Builder {
    const logical = `${name}-builder-${namespace}-${account}`;
    const serviceAccount = new k8s.core.v1.ServiceAccount(
        logical,
        { metadata: { name: account, namespace, labels } },
        opts,
    );
    bind(
        `${logical}-role`,
        namespace,
        `${account}-image-builder`,
        "system:image-builder",
        [{ kind: "ServiceAccount", namespace, name: serviceAccount.metadata.name }],
        labels,
        opts,
    );
    const anchor = new k8s.core.v1.Secret(
        `${logical}-anchor`,
        { metadata: { name: `${account}-token-anchor`, namespace, labels } },
        opts,
    );
    const token = new OkdToken(
        `${logical}-token`,
        {
            namespace,
            serviceAccount: serviceAccount.metadata.name,
            boundSecret: anchor.metadata.name,
            ...{ lifetimeHours, generation },
        },
        opts,
    );
    const config = pulumi.secret(
        pulumi
            .all([hosts, token.token])
            .apply(([names, password]) =>
                dockerConfig([...names, internalHost].map((host) => ({ host, user: account, password }))),
            ),
    );
    new k8s.core.v1.Secret(
        `${logical}-login`,
        {
            metadata: { name: `${account}-registry-login`, namespace, labels },
            type: "kubernetes.io/dockerconfigjson",
            stringData: { ".dockerconfigjson": config },
        },
        opts,
    );
    return { key: `${namespace}/${account}`, token };
}
