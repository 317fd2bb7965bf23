import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

import { privateKeyArgs, type KeyAlgorithm } from "./keys.ts";
import { certificatesIn, firstEnd, isSelfSigned, pemOf } from "./pem.ts";
import { authorityCommonName, type SubjectArgs } from "./subject.ts";

/** A certificate authority that the registry's certificate is signed with. */
export interface Authority {
    /** Its own certificate, PEM, one. Not secret. */
    certificate: pulumi.Output<string>;
    /** Its key, PEM. Secret. */
    privateKey: pulumi.Output<string>;
    /** Roots that clients must trust, PEM. Not secret. */
    caBundle: pulumi.Output<string>;
    /** What a server shows behind its certificate so that it leads to a root, PEM. Empty where a root signs. */
    chain: pulumi.Output<string>;
    /** When the first of these ends, RFC 3339. */
    expiry: pulumi.Output<string>;
}

/** What an authority of our own is made of. */
export interface OwnAuthorityArgs {
    /** Kind of its key. Counts when it is made, never again. */
    algorithm: KeyAlgorithm;
    /** Its subject. Counts when it is made, never again. */
    subject: SubjectArgs;
    /** Life of its certificate, in hours. */
    validityHours: number;
    /** How long before its end an update re-issues its certificate, with the same key and subject, in hours. */
    earlyRenewalHours: number;
}

/**
 * Makes one generation of a certificate authority.
 * It carries its generation in its name, because a later generation stands beside it, never in its place: whoever trusts
 * it shall go on trusting what it signs. So its certificate may be issued anew, but key and subject are of the day it was made.
 */
export function createAuthority(
    name: string,
    generation: number,
    args: OwnAuthorityArgs,
    parent: pulumi.Resource,
): Authority {
    const prefix = `${name}-ca-${generation.toString()}`;
    const key = new tls.PrivateKey(`${prefix}-key`, privateKeyArgs(args.algorithm), {
        parent,
        ignoreChanges: ["algorithm", "rsaBits", "ecdsaCurve"],
    });
    const wanted = {
        commonName: authorityCommonName(name, generation, args.subject),
        organization: args.subject.organization,
    };
    // Keeps the subject of the first day. The certificate itself cannot: what is ignored in an update counts in a replacement.
    const subject = new tls.CertRequest(
        `${prefix}-subject`,
        { privateKeyPem: key.privateKeyPem, subject: wanted },
        { parent, ignoreChanges: ["subject"] },
    ).subject.apply((kept) => kept ?? wanted);
    const ca = new tls.SelfSignedCert(
        prefix,
        {
            privateKeyPem: key.privateKeyPem,
            subject,
            isCaCertificate: true,
            maxPathLength: 0,
            allowedUses: ["cert_signing", "crl_signing"],
            setSubjectKeyId: true,
            validityPeriodHours: args.validityHours,
            earlyRenewalHours: args.earlyRenewalHours,
        },
        { parent },
    );
    return {
        certificate: ca.certPem,
        privateKey: key.privateKeyPem,
        caBundle: ca.certPem,
        chain: pulumi.output(""),
        expiry: ca.validityEndTime,
    };
}

/** A certificate authority that somebody else made. */
export interface GivenAuthorityArgs {
    /** Its certificate, PEM; behind it the certificates that lead to its root, where it is none. */
    certificate: pulumi.Input<string>;
    /** Its key, PEM, not encrypted. Kept secret. */
    key: pulumi.Input<string>;
}

/** Takes a certificate authority as it is. `bundle` is needed where the authority is no root: clients trust roots. */
export function givenAuthority(args: GivenAuthorityArgs, bundle: string | undefined): Authority {
    // What shows a certificate need not be hidden, and ConfigMaps hold it.
    const given = pulumi.unsecret(pulumi.output(args.certificate)).apply(certificatesIn);
    return {
        certificate: given.apply((all) => pemOf(all.slice(0, 1))),
        privateKey: pulumi.secret(args.key),
        caBundle: bundle === undefined ? given.apply((all) => pemOf(all.filter(isSelfSigned))) : pulumi.output(bundle),
        chain: given.apply((all) => pemOf(all.filter((one) => !isSelfSigned(one)))),
        expiry: given.apply((all) => firstEnd([...all, ...certificatesIn(bundle ?? "")])),
    };
}
