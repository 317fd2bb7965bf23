import { z } from "zod";

import { hours } from "./common.ts";

/** The certificates of the registry. */
export const certificate = z
    .strictObject({
        caValidityHours: hours("Life of the certificate authority, in hours.", 24 * 3650),
        validityHours: hours("Life of the server certificate, in hours.", 24 * 397),
        earlyRenewalHours: hours(
            "How long before its end `pulumi up` renews the server certificate, in hours.",
            24 * 30,
        ),
    })
    .refine(
        (value) => value.earlyRenewalHours < value.validityHours,
        "earlyRenewalHours must be less than validityHours, or every `pulumi up` renews the certificate",
    )
    .refine(
        (value) => value.validityHours <= value.caValidityHours,
        "validityHours must not be more than caValidityHours: a certificate ends with its authority",
    );
