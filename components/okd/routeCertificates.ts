import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { certificatesIn } from "../registry/certificates/pem.ts";
import type { RouteArgs, RouteCertificateArgs } from "./okdRegistryArgs.ts";
import { registryNamespace } from "./registryConfig.ts";

/** Name of the Secret that a route's certificate is in; undefined where the router's own is used. */
export function secretNameOf({ name, secretName, certificate }: RouteArgs): string | undefined {
    return secretName ?? (certificate === undefined ? undefined : `${name}-tls`);
}

/** The Secret of a route whose certificate is given. */
export function createRouteCertificate(
    name: string,
    route: RouteArgs,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource | undefined {
    const { certificate } = route;
    const secretName = secretNameOf(route);
    if (certificate === undefined || secretName === undefined) return undefined;
    const parts = pulumi.all([certificate.certificate, certificate.ca]).apply(([chain, ca]) => divided(chain, ca));
    return new k8s.core.v1.Secret(
        `${name}-certificate-${route.name}`,
        {
            metadata: { name: secretName, namespace: registryNamespace, labels },
            stringData: {
                "tls.crt": parts.apply(({ leaf }) => leaf),
                "tls.key": pulumi.secret(certificate.key),
                // Not `ca.crt`: this is the name that the operator reads.
                "tls.cacrt": parts.apply(({ behind }) => behind),
            },
        },
        opts,
    );
}

/** The server's certificate of a route, PEM, as the Route is to have it; undefined where it is not given. */
export function leafOf({ certificate }: RouteArgs): pulumi.Output<string> | undefined {
    if (certificate === undefined) return undefined;
    const { ca } = certificate;
    return pulumi.all([certificate.certificate, ca]).apply(([chain, root]) => divided(chain, root).leaf);
}

/** A Route takes the server's certificate alone; what is between it and the root goes beside the root. */
function divided(chain: string, ca: string): { leaf: string; behind: string } {
    const [leaf, ...between] = certificatesIn(chain).map((one) => one.toString());
    const behind = [...between, ...certificatesIn(ca).map((one) => one.toString())];
    return { leaf: leaf ?? "", behind: [...new Set(behind)].join("") };
}

/** A given certificate with its key marked as the secret it is. */
export function withSecretKey(certificate: RouteCertificateArgs): RouteCertificateArgs {
    return { ...certificate, key: pulumi.secret(certificate.key) };
}
