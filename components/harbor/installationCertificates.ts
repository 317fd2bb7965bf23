import { isIP } from "node:net";

import type * as pulumi from "@pulumi/pulumi";

import { createGenerations, firstGeneration } from "../registry/certificates/generations.ts";
import type { KeyAlgorithm } from "../registry/certificates/keys.ts";
import { signServer, type Signed } from "../registry/certificates/signed.ts";

/** The certificates of a Harbor that a stack installs: an authority of its own, and what that signs. */
export interface HarborCertificateArgs {
    /** Kind of new keys. */
    algorithm: KeyAlgorithm;
    /** Life of the authority's certificate, in hours. */
    caValidityHours: number;
    /** Life of the server certificate, in hours. */
    validityHours: number;
    /** How long before its end an update renews the server certificate, in hours. */
    earlyRenewalHours: number;
}

/** The server certificate of a Harbor. */
export interface HarborCertificate extends Signed {
    /** The root that signed it, PEM. Not secret. */
    caBundle: pulumi.Output<string>;
}

const subject = { organization: "siteregistry" };

/** Makes the authority, and a certificate for the one name or address that Harbor is called by. */
export function createHarborCertificate(
    name: string,
    host: string,
    args: HarborCertificateArgs,
    parent: pulumi.Resource,
): HarborCertificate {
    const { algorithm, caValidityHours, validityHours, earlyRenewalHours } = args;
    const own = {
        ...{ algorithm, subject, validityHours: caValidityHours },
        earlyRenewalHours: Math.min(validityHours, Math.floor(caValidityHours / 2)),
    };
    const { authority } = createGenerations(name, firstGeneration, own, parent);
    const address = isIP(host) !== 0;
    const names = { dnsNames: address ? [] : [host], ipAddresses: address ? [host] : [] };
    const server = signServer(
        name,
        { ...names, algorithm, subject, validityHours, earlyRenewalHours },
        authority,
        parent,
    );
    return { ...server, caBundle: authority.caBundle };
}
