import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** How clients outside the cluster reach the registry. */
export const exposures = ["passthrough", "clusterOnly"] as const;
/** One of {@link exposures}. */
export type Exposure = (typeof exposures)[number];

/** What an exposure is made of. */
export interface ExposureArgs {
    exposure: Exposure;
    objectName: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    /** Public host names. */
    hosts: readonly string[];
    /** Port of the Service. */
    port: number;
}

/** Makes the way in from outside, where there is one. */
export function createExposure(name: string, args: ExposureArgs, opts: pulumi.CustomResourceOptions): void {
    switch (args.exposure) {
        case "passthrough":
            passthrough(name, args, opts);
            return;
        case "clusterOnly":
            return;
        default:
            args.exposure satisfies never;
    }
}

/**
 * Traefik hands the connection through undecrypted: one certificate from end to end, and no limit on the time
 * of an upload (where Traefik terminates TLS, its 60 s read timeout ends it: traefik issue 10741).
 */
function passthrough(name: string, args: ExposureArgs, opts: pulumi.CustomResourceOptions): void {
    new k8s.apiextensions.CustomResource(
        `${name}-ingress`,
        {
            apiVersion: "traefik.io/v1alpha1",
            kind: "IngressRouteTCP",
            metadata: { name: args.objectName, namespace: args.namespace, labels: args.labels },
            spec: {
                entryPoints: ["websecure"],
                routes: [
                    {
                        match: args.hosts.map((host) => `HostSNI(\`${host}\`)`).join(" || "),
                        services: [{ name: args.objectName, port: args.port }],
                    },
                ],
                tls: { passthrough: true },
            },
        },
        opts,
    );
}
