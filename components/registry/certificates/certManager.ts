import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { rsaBits, type KeyAlgorithm } from "./keys.ts";
import { certificatesIn, firstEnd } from "./pem.ts";
import type { SignedArgs } from "./signed.ts";
import { serverCommonName } from "./subject.ts";

/** Kinds of cert-manager's issuers: of the registry's namespace, or of the cluster. */
export const issuerKinds = ["Issuer", "ClusterIssuer"] as const;

/** The issuer that cert-manager asks. */
export interface IssuerArgs {
    /** Its name. */
    name: pulumi.Input<string>;
    /** `Issuer` in the registry's namespace, or `ClusterIssuer`. */
    kind: (typeof issuerKinds)[number];
    /** API group: `cert-manager.io`, or that of an external issuer. */
    group: pulumi.Input<string>;
}

/** What cert-manager is asked for. */
export interface IssuedArgs extends SignedArgs {
    /** Name of the Certificate and of the Secret that it fills. */
    objectName: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    issuer: IssuerArgs;
    /** Roots that clients must trust, PEM. Without it, `ca.crt` of the Secret. */
    bundle?: string | undefined;
}

/** A certificate that cert-manager keeps. */
export interface Issued {
    /** Name of the Secret with `tls.crt` and `tls.key`. Known once it is filled. */
    secretName: pulumi.Output<string>;
    certificate: pulumi.Output<string>;
    caBundle: pulumi.Output<string>;
    expiry: pulumi.Output<string>;
    authorityExpiry: pulumi.Output<string>;
}

/** Has cert-manager issue the certificate, waits until it is ready, and reads what came of it. */
export function issueServer(name: string, args: IssuedArgs, opts: pulumi.CustomResourceOptions): Issued {
    const { objectName, namespace } = args;
    const certificate = new k8s.apiextensions.CustomResource(
        `${name}-certificate`,
        {
            apiVersion: "cert-manager.io/v1",
            kind: "Certificate",
            metadata: {
                name: objectName,
                namespace,
                labels: args.labels,
                annotations: { "pulumi.com/waitFor": "condition=Ready" },
            },
            spec: {
                secretName: objectName,
                secretTemplate: { labels: args.labels },
                issuerRef: args.issuer,
                commonName: pulumi.output(args.dnsNames).apply((names) => serverCommonName(args.subject, names)),
                subject: { organizations: [args.subject.organization] },
                dnsNames: args.dnsNames,
                ipAddresses: args.ipAddresses,
                duration: `${args.validityHours.toString()}h0m0s`,
                renewBefore: `${args.earlyRenewalHours.toString()}h0m0s`,
                privateKey: { ...keyOf(args.algorithm), encoding: "PKCS8", rotationPolicy: "Never" },
                usages: [
                    "digital signature",
                    ...(args.algorithm === "ECDSA" ? [] : ["key encipherment"]),
                    "server auth",
                ],
            },
        },
        { ...opts, customTimeouts: { create: "5m", update: "5m" } },
    );
    // Its id is known only once the certificate is ready. An object that is not there stops the run: it is never taken for empty.
    const secret = k8s.core.v1.Secret.get(
        `${name}-issued`,
        certificate.id,
        opts.parent === undefined ? {} : { parent: opts.parent },
    );
    const read = (key: string): pulumi.Output<string> =>
        pulumi.unsecret(secret.data).apply((data) => Buffer.from(data[key] ?? "", "base64").toString());
    const leaf = read("tls.crt");
    const caBundle =
        args.bundle === undefined ? read("ca.crt").apply((pem) => rootOf(pem, objectName)) : pulumi.output(args.bundle);
    return {
        secretName: secret.metadata.name,
        certificate: leaf,
        caBundle,
        expiry: leaf.apply((pem) => firstEnd(certificatesIn(pem).slice(0, 1))),
        authorityExpiry: caBundle.apply((pem) => firstEnd(certificatesIn(pem))),
    };
}

function keyOf(algorithm: KeyAlgorithm): { algorithm: string; size: number } {
    return algorithm === "ECDSA" ? { algorithm: "ECDSA", size: 256 } : { algorithm: "RSA", size: rsaBits(algorithm) };
}

/** Issuers such as ACME do not tell their root, and then nobody would know what to trust. */
function rootOf(pem: string, objectName: string): string {
    if (certificatesIn(pem).length > 0) return pem;
    throw new pulumi.RunError(
        `the Secret ${objectName} of cert-manager has no root in ca.crt: set certificate.bundle to the roots that clients shall trust`,
    );
}
