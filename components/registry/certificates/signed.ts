import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

import type { Authority } from "./authority.ts";
import { privateKeyArgs, serverUses, type KeyAlgorithm } from "./keys.ts";
import { serverCommonName, type SubjectArgs } from "./subject.ts";

/** What a server certificate that we sign says. */
export interface SignedArgs {
    /** Every DNS name that clients use, most public first. */
    dnsNames: pulumi.Input<string[]>;
    /** Every IP address that clients use. */
    ipAddresses: pulumi.Input<string[]>;
    subject: SubjectArgs;
    /** Kind of the server's key. Another kind means another key. */
    algorithm: KeyAlgorithm;
    /** Life of the certificate, in hours. */
    validityHours: number;
    /** How long before its end an update renews it, with the same key, in hours. */
    earlyRenewalHours: number;
}

/** A server certificate. */
export interface Signed {
    /** The certificate and what leads to its root, PEM. Not secret. */
    certificate: pulumi.Output<string>;
    /** Its key, PEM. Secret. */
    privateKey: pulumi.Output<string>;
    /** When it ends, RFC 3339. */
    expiry: pulumi.Output<string>;
}

/** Makes a key for the server and has the authority sign it. The key stays when the certificate is renewed. */
export function signServer(name: string, args: SignedArgs, authority: Authority, parent: pulumi.Resource): Signed {
    const key = new tls.PrivateKey(`${name}-server-key`, privateKeyArgs(args.algorithm), { parent });
    const request = new tls.CertRequest(
        `${name}-server-request`,
        {
            privateKeyPem: key.privateKeyPem,
            subject: {
                commonName: pulumi.output(args.dnsNames).apply((names) => serverCommonName(args.subject, names)),
                organization: args.subject.organization,
            },
            dnsNames: args.dnsNames,
            ipAddresses: args.ipAddresses,
        },
        { parent },
    );
    const server = new tls.LocallySignedCert(
        `${name}-server`,
        {
            certRequestPem: request.certRequestPem,
            caPrivateKeyPem: authority.privateKey,
            caCertPem: authority.certificate,
            allowedUses: serverUses(args.algorithm),
            setSubjectKeyId: true,
            validityPeriodHours: args.validityHours,
            earlyRenewalHours: args.earlyRenewalHours,
        },
        { parent },
    );
    return {
        certificate: pulumi.concat(server.certPem, authority.chain),
        privateKey: key.privateKeyPem,
        expiry: server.validityEndTime,
    };
}
