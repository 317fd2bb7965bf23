import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** What the registry's certificates say and for how long. */
export interface CertificatesArgs {
    /** Every DNS name that clients use, most public first; the first is the subject. */
    dnsNames: pulumi.Input<pulumi.Input<string>[]>;
    /** Every IP address that clients use. */
    ipAddresses: pulumi.Input<pulumi.Input<string>[]>;
    /** Life of the certificate authority, in hours. */
    caValidityHours: number;
    /** Life of the server certificate, in hours. */
    validityHours: number;
    /** How long before its end an update renews the server certificate, in hours. */
    earlyRenewalHours: number;
}

/** The certificate authority and the server certificate it signed. */
export interface Certificates {
    /** Roots that clients must trust, PEM. Not secret. */
    caBundle: pulumi.Output<string>;
    /** Server certificate, PEM. Not secret. */
    certificate: pulumi.Output<string>;
    /** Key of the server certificate, PEM. Secret. */
    privateKey: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. */
    expiry: pulumi.Output<string>;
}

/** Who the certificates are issued by, as people see it in a browser. */
const organization = "siteregistry";

/**
 * Makes a certificate authority and one server certificate.
 * The authority carries its generation in its name, because a later generation stands beside it, never in its place.
 */
export function createCertificates(name: string, args: CertificatesArgs, parent: pulumi.Resource): Certificates {
    const caKey = new tls.PrivateKey(`${name}-ca-1-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent });
    const ca = new tls.SelfSignedCert(
        `${name}-ca-1`,
        {
            privateKeyPem: caKey.privateKeyPem,
            subject: { commonName: `${name} CA 1`, organization },
            isCaCertificate: true,
            maxPathLength: 0,
            allowedUses: ["cert_signing", "crl_signing"],
            setSubjectKeyId: true,
            validityPeriodHours: args.caValidityHours,
        },
        { parent },
    );

    const serverKey = new tls.PrivateKey(`${name}-server-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent });
    const request = new tls.CertRequest(
        `${name}-server-request`,
        {
            privateKeyPem: serverKey.privateKeyPem,
            subject: { commonName: pulumi.output(args.dnsNames).apply(firstName), organization },
            dnsNames: args.dnsNames,
            ipAddresses: args.ipAddresses,
        },
        { parent },
    );
    const server = new tls.LocallySignedCert(
        `${name}-server`,
        {
            certRequestPem: request.certRequestPem,
            caPrivateKeyPem: caKey.privateKeyPem,
            caCertPem: ca.certPem,
            allowedUses: ["digital_signature", "server_auth"],
            setSubjectKeyId: true,
            validityPeriodHours: args.validityHours,
            earlyRenewalHours: args.earlyRenewalHours,
        },
        { parent },
    );
    return {
        caBundle: ca.certPem,
        certificate: server.certPem,
        privateKey: serverKey.privateKeyPem,
        expiry: server.validityEndTime,
    };
}

/** A common name holds at most 64 characters (RFC 5280, ub-common-name), and clients do not read it. */
function firstName(names: string[]): string {
    return (names[0] ?? "").slice(0, 64);
}
