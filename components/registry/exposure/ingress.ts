import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { doNotAwait } from "../../kubernetes/awaiting.ts";
import { routedNames } from "../hosts.ts";
import { ownAnnotations, traefikAnnotation } from "./kinds.ts";
import type { ExposureTarget } from "./target.ts";

/** The way in by an Ingress, where Traefik terminates TLS and speaks TLS again to the registry. */
export interface IngressArgs {
    /** Traefik's entry points. */
    entryPoints: readonly string[];
    /** IngressClass. Without it, the cluster's default. */
    className?: string | undefined;
    /** Further annotations of the Ingress. */
    annotations: Readonly<Record<string, string>>;
    /** `respondingTimeouts.readTimeout` that the entry points have, in seconds; 0 is none. */
    readTimeoutSeconds: number;
}

/** Annotations of the Service that have Traefik speak TLS to it, and believe nothing but our roots. */
export function backendAnnotations(namespace: string, objectName: string): Record<string, string> {
    return {
        [`${traefikAnnotation}/service.serversscheme`]: "https",
        [`${traefikAnnotation}/service.serverstransport`]: `${namespace}-${objectName}@kubernetescrd`,
    };
}

/** The seeds' Ingress. The backend's certificate is verified by a ServersTransport with the registry's own roots. */
export function ingress(
    name: string,
    target: ExposureTarget,
    args: IngressArgs,
    opts: pulumi.CustomResourceOptions,
): void {
    const { objectName, namespace, labels } = target;
    const hosts = routedNames(target.hosts);
    const roots = new k8s.core.v1.ConfigMap(
        `${name}-ca`,
        { metadata: { name: `${objectName}-ca`, namespace, labels }, data: { "ca.crt": target.caBundle } },
        opts,
    );
    const transport = new k8s.apiextensions.CustomResource(
        `${name}-transport`,
        {
            apiVersion: "traefik.io/v1alpha1",
            kind: "ServersTransport",
            metadata: { name: objectName, namespace, labels },
            spec: { serverName: target.serverName, rootCAs: [{ configMap: roots.metadata.name }] },
        },
        opts,
    );
    new k8s.networking.v1.Ingress(
        `${name}-ingress`,
        {
            metadata: {
                name: objectName,
                namespace,
                labels,
                annotations: {
                    ...args.annotations,
                    [ownAnnotations.entryPoints]: args.entryPoints.join(","),
                    [ownAnnotations.tls]: "true",
                    // Traefik writes the address it waits for only where it was told one.
                    ...doNotAwait,
                },
            },
            spec: {
                ...(args.className === undefined ? {} : { ingressClassName: args.className }),
                rules: hosts.map((host) => ({
                    host,
                    http: {
                        paths: [
                            {
                                path: "/",
                                pathType: "Prefix",
                                backend: { service: { name: objectName, port: { number: target.port } } },
                            },
                        ],
                    },
                })),
                tls: [{ hosts, secretName: target.certificateSecret }],
            },
        },
        { ...opts, dependsOn: [...asList(opts.dependsOn), transport] },
    );
    const warning = timeoutWarning(args);
    if (warning !== undefined) void pulumi.log.warn(warning, opts.parent);
}

function asList(dependsOn: pulumi.CustomResourceOptions["dependsOn"]): pulumi.Input<pulumi.Resource>[] {
    if (dependsOn === undefined) return [];
    return Array.isArray(dependsOn) ? dependsOn : [dependsOn as pulumi.Input<pulumi.Resource>];
}

/** What the operator of Traefik must do so that long uploads succeed, or undefined when it is done. */
export function timeoutWarning(args: Pick<IngressArgs, "entryPoints" | "readTimeoutSeconds">): string | undefined {
    if (args.readTimeoutSeconds === 0) return undefined;
    const flags = args.entryPoints.map((one) => `--entryPoints.${one}.transport.respondingTimeouts.readTimeout=0`);
    return (
        `registry.exposure: with "ingress", Traefik's entry point ${args.entryPoints.join(", ")} ends every upload ` +
        `that takes longer than ${args.readTimeoutSeconds.toString()} s with an error. Start Traefik with ${flags.join(" ")} and set ` +
        `registry.ingress.readTimeoutSeconds to 0, or use the exposure "passthrough", which has no such limit`
    );
}
