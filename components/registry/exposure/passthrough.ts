import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { routedNames } from "../hosts.ts";
import type { ExposureTarget } from "./target.ts";

/** The way in by Traefik's TLS passthrough. */
export interface PassthroughArgs {
    /** Traefik's entry points. */
    entryPoints: readonly string[];
}

/**
 * Traefik hands the connection through undecrypted: one certificate from end to end, and no limit on the time
 * of an upload (where Traefik terminates TLS, its 60 s read timeout ends it: traefik issue 10741).
 */
export function passthrough(
    name: string,
    target: ExposureTarget,
    args: PassthroughArgs,
    opts: pulumi.CustomResourceOptions,
): void {
    new k8s.apiextensions.CustomResource(
        `${name}-ingress`,
        {
            apiVersion: "traefik.io/v1alpha1",
            kind: "IngressRouteTCP",
            metadata: { name: target.objectName, namespace: target.namespace, labels: target.labels },
            spec: {
                entryPoints: [...args.entryPoints],
                routes: [
                    {
                        match: routedNames(target.hosts)
                            .map((host) => `HostSNI(\`${host}\`)`)
                            .join(" || "),
                        services: [{ name: target.objectName, port: target.port }],
                    },
                ],
                tls: { passthrough: true },
            },
        },
        opts,
    );
}
