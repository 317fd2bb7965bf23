import { isIP } from "node:net";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { givenAuthority, type Authority, type GivenAuthorityArgs } from "./certificates/authority.ts";
import { issueServer, type IssuerArgs } from "./certificates/certManager.ts";
import { createGenerations, firstGeneration, type GenerationsArgs } from "./certificates/generations.ts";
import type { KeyAlgorithm } from "./certificates/keys.ts";
import { unique } from "./certificates/names.ts";
import { certificatesIn, firstEnd } from "./certificates/pem.ts";
import { signServer, type Signed } from "./certificates/signed.ts";
import type { SubjectArgs } from "./certificates/subject.ts";

/**
 * Where the certificate comes from. `own`: an authority made here signs it. `givenAuthority`: a given one signs it.
 * `given`: it is given as it is. `certManager`: cert-manager issues and renews it.
 */
export const certificateModes = ["own", "givenAuthority", "given", "certManager"] as const;
/** One of {@link certificateModes}. */
export type CertificateMode = (typeof certificateModes)[number];

/** A server certificate that somebody else made. */
export interface GivenServerArgs {
    /** The certificate, PEM; behind it what leads to a root of the bundle. */
    certificate: pulumi.Input<string>;
    /** Its key, PEM, not encrypted. Kept secret. */
    key: pulumi.Input<string>;
}

/** The certificates of a registry. */
export interface RegistryCertificateArgs {
    /** Where the certificate comes from. */
    mode: CertificateMode;
    /** Kind of new keys. The server's key follows it; that of an authority stays as it was made. */
    algorithm: KeyAlgorithm;
    /** Generations of the authority. Without it, the first alone. Mode `own`. */
    ca?: GenerationsArgs | undefined;
    /** Life of the authority's certificate, in hours. Mode `own`. */
    caValidityHours: number;
    /** How long before its end an update re-issues the authority's certificate, in hours. Without it, see {@link caRenewalHours}. Mode `own`. */
    caEarlyRenewalHours?: number | undefined;
    /** Life of the server certificate, in hours. Not in mode `given`. */
    validityHours: number;
    /** How long before its end an update renews the server certificate, in hours. Not in mode `given`. */
    earlyRenewalHours: number;
    /** Subject of an authority. Counts when it is made. Mode `own`. */
    authoritySubject: SubjectArgs;
    /** Subject of the server certificate. Without a common name, the first host. */
    subject: SubjectArgs;
    /** Roots that clients must trust, PEM. Needed in mode `given`. */
    bundle?: string | undefined;
    /** Mode `givenAuthority`. */
    authority?: GivenAuthorityArgs | undefined;
    /** Mode `given`. */
    server?: GivenServerArgs | undefined;
    /** Mode `certManager`. */
    issuer?: IssuerArgs | undefined;
}

/** For whom the certificate is, and where it goes. */
export interface CertificatesArgs extends RegistryCertificateArgs {
    /** Every DNS name that clients use and that is known beforehand, most public first. */
    dnsNames: string[];
    /** Every IP address that clients use and that is known beforehand. */
    ipAddresses: string[];
    /** Address of the Service. */
    clusterAddress: pulumi.Output<string>;
    /** Names and addresses that a load balancer gave. */
    publicAddresses: pulumi.Output<string[]>;
    /** Prefix of the Secret's name. */
    objectName: string;
    /** The Secret's own name, where it is called otherwise. */
    secretName?: string | undefined;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
}

/** The certificates of a registry, and where its pods find them. */
export interface Certificates {
    /** Roots that clients must trust, PEM. Not secret. */
    caBundle: pulumi.Output<string>;
    /** Server certificate and what leads to its root, PEM. Not secret. */
    certificate: pulumi.Output<string>;
    /** Name of the Secret that holds the certificate as `tls.crt` and its key as `tls.key`. */
    secretName: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. */
    expiry: pulumi.Output<string>;
    /** When the first of the certificates that it rests on ends, RFC 3339. */
    authorityExpiry: pulumi.Output<string>;
    /** Root of each trusted generation of an authority of our own, PEM, by its number. Not secret. Mode `own` only. */
    authorities?: Record<string, pulumi.Output<string>>;
}

/** The same arguments with their keys marked as secrets: a component's arguments are stored. */
export function withSecretKeys(args: RegistryCertificateArgs): RegistryCertificateArgs {
    const { authority, server } = args;
    return {
        ...args,
        ...(authority === undefined ? {} : { authority: { ...authority, key: pulumi.secret(authority.key) } }),
        ...(server === undefined ? {} : { server: { ...server, key: pulumi.secret(server.key) } }),
    };
}

/** A root is re-issued while every server certificate under it still ends before it does, but not before half its life. */
export function caRenewalHours(args: Pick<RegistryCertificateArgs, "caValidityHours" | "validityHours">): number {
    return Math.min(args.validityHours, Math.floor(args.caValidityHours / 2));
}

/** Makes the server certificate, or takes it, and puts it where the registry's pods find it. */
export function createCertificates(
    name: string,
    args: CertificatesArgs,
    opts: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): Certificates {
    const found = pulumi
        .all([args.clusterAddress, args.publicAddresses])
        .apply(([address, given]) => [address, ...given]);
    const names = {
        ...args,
        dnsNames: found.apply((all) => unique([...args.dnsNames, ...all.filter((one) => isIP(one) === 0)])),
        ipAddresses: found.apply((all) => unique([...all.filter((one) => isIP(one) !== 0), ...args.ipAddresses])),
    };
    switch (args.mode) {
        case "own": {
            const own = {
                algorithm: args.algorithm,
                subject: args.authoritySubject,
                validityHours: args.caValidityHours,
                earlyRenewalHours: args.caEarlyRenewalHours ?? caRenewalHours(args),
            };
            const { authority, roots } = createGenerations(name, args.ca ?? firstGeneration, own, opts.parent);
            const server = signServer(name, names, authority, opts.parent);
            return { ...mounted(name, args, server, authority, opts), authorities: roots };
        }
        case "givenAuthority": {
            const authority = givenAuthority(needed("authority", args.authority), args.bundle);
            return mounted(name, args, signServer(name, names, authority, opts.parent), authority, opts);
        }
        case "given": {
            const { server, bundle } = takeServer(needed("server", args.server), needed("bundle", args.bundle));
            return mounted(name, args, server, bundle, opts);
        }
        case "certManager": {
            const issuer = needed("issuer", args.issuer);
            // Not the name of the Secret that the other modes keep: each mode leaves the Secret of the other alone.
            return issueServer(name, { ...names, issuer, objectName: `${args.objectName}-issued` }, opts);
        }
        default:
            return args.mode satisfies never;
    }
}

function takeServer(
    given: GivenServerArgs,
    roots: string,
): { server: Signed; bundle: Pick<Authority, "caBundle" | "expiry"> } {
    // What shows a certificate need not be hidden.
    const certificate = pulumi.unsecret(pulumi.output(given.certificate));
    const chain = certificate.apply(certificatesIn);
    return {
        server: {
            certificate,
            privateKey: pulumi.secret(given.key),
            expiry: chain.apply((all) => firstEnd(all.slice(0, 1))),
        },
        bundle: {
            caBundle: pulumi.output(roots),
            expiry: chain.apply((all) => firstEnd([...all.slice(1), ...certificatesIn(roots)])),
        },
    };
}

/** Puts certificate and key into the Secret that the pods mount. */
function mounted(
    name: string,
    args: CertificatesArgs,
    server: Signed,
    authority: Pick<Authority, "caBundle" | "expiry">,
    opts: pulumi.CustomResourceOptions,
): Certificates {
    const secret = new k8s.core.v1.Secret(
        `${name}-certs`,
        {
            metadata: {
                name: args.secretName ?? `${args.objectName}-certs`,
                namespace: args.namespace,
                labels: args.labels,
            },
            type: "kubernetes.io/tls",
            stringData: { "tls.crt": server.certificate, "tls.key": server.privateKey },
        },
        opts,
    );
    return {
        caBundle: authority.caBundle,
        certificate: server.certificate,
        secretName: secret.metadata.name,
        expiry: server.expiry,
        authorityExpiry: authority.expiry,
    };
}

function needed<T>(argument: string, value: T | undefined): T {
    if (value === undefined) throw new pulumi.RunError(`certificate.${argument}: this mode of certificate needs it`);
    return value;
}
