import { z } from "zod";

import { hours } from "./common.ts";

/** A certificate by an authority of the stack's own, one generation: of a Harbor that it installs, or of a registry on a machine. */
export const ownCertificate = z
    .strictObject({
        algorithm: z
            .enum(["ECDSA", "RSA2048", "RSA4096"])
            .default("ECDSA")
            .describe("Kind of new keys; ECDSA is P-256."),
        caValidityHours: hours("Life of the authority's certificate, in hours.", 24 * 3650),
        validityHours: hours("Life of the server certificate, in hours.", 24 * 397),
        earlyRenewalHours: hours(
            "How long before its end `pulumi up` renews the server certificate, in hours.",
            24 * 30,
        ),
    })
    .superRefine(({ caValidityHours, validityHours, earlyRenewalHours }, context) => {
        const refuse = (key: string, message: string): void => {
            context.addIssue({ code: "custom", path: [key], message });
        };
        if (earlyRenewalHours > validityHours)
            refuse("earlyRenewalHours", `allowed is at most validityHours, ${validityHours.toString()}`);
        if (validityHours > caValidityHours)
            refuse("validityHours", `allowed is at most caValidityHours, ${caValidityHours.toString()}`);
    });
