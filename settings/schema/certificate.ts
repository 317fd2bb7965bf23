import { z } from "zod";

import { authorityCommonName } from "../../components/registry/certificates/subject.ts";
import { hours } from "./common.ts";

const subject = (whose: string, commonName: string) =>
    z.strictObject({
        commonName: text(`Common name of ${whose}. ${commonName}`).optional(),
        organization: text(`Organization of ${whose}.`).default("siteregistry"),
    });

/** One line of a subject (RFC 5280, upper bounds of appendix A). */
const text = (meaning: string) =>
    z
        .string()
        .regex(/^[^\p{Cc}]{1,64}$/u, "allowed are 1 to 64 characters")
        .describe(meaning);

const issuer = z.strictObject({
    name: z.string().min(1, "allowed is the name of an issuer").describe("Name of cert-manager's issuer."),
    kind: z
        .enum(["Issuer", "ClusterIssuer"])
        .default("Issuer")
        .describe("`Issuer`: one in the registry's namespace. `ClusterIssuer`: one of the cluster."),
    group: z.string().min(1).default("cert-manager.io").describe("API group of the issuer."),
});

const generation = z.int().min(1).max(9999);

/** The generations of an authority of our own. A section that is absent is not one that is as its defaults are: modes differ. */
export const generations = z
    .strictObject({
        trusted: z
            .array(generation)
            .min(1, "allowed is at least one generation")
            .refine(
                (all) => all.every((one, index) => index === 0 || one > (all[index - 1] ?? 0)),
                "allowed is each generation once, ascending",
            )
            .default([1])
            .describe(
                "Generations whose roots nodes and clients trust. A new number makes a new root; one that is taken out goes with its key.",
            ),
        signing: generation.default(1).describe("The one of them that signs the server certificate."),
    })
    .superRefine(({ trusted, signing }, context) => {
        if (trusted.length === 0 || trusted.includes(signing)) return;
        const message = `allowed is one of ca.trusted: ${trusted.join(", ")}`;
        context.addIssue({ code: "custom", path: ["signing"], message });
    });

const modes =
    "`own`: an authority made here signs it. `givenAuthority`: the one in the secret key `certificates` signs it. " +
    "`given`: it is in the secret key `certificates`. `certManager`: cert-manager issues and renews it.";

/** The certificates of the registry. */
export const certificate = z
    .strictObject({
        mode: z
            .enum(["own", "givenAuthority", "given", "certManager"])
            .default("own")
            .describe(`Where the server certificate comes from. ${modes}`),
        algorithm: z
            .enum(["ECDSA", "RSA2048", "RSA4096"])
            .default("ECDSA")
            .describe(
                "Kind of new keys; ECDSA is P-256. Changed, the server gets a new key at once; an authority that is there keeps its own.",
            ),
        ca: generations
            .optional()
            .describe("Generations of the authority, to rotate it. Without it, the first alone. Mode `own`."),
        caValidityHours: hours("Life of the authority's certificate, in hours. Changed, it is re-issued.", 24 * 3650),
        caEarlyRenewalHours: z
            .int()
            .min(1)
            .optional()
            .describe(
                "How long before its end `pulumi up` re-issues the authority's certificate with the same key and subject, in hours. Without it, `validityHours`, but at most half of `caValidityHours`.",
            ),
        validityHours: hours("Life of the server certificate, in hours.", 24 * 397),
        earlyRenewalHours: hours(
            "How long before its end `pulumi up` renews the server certificate with the same key, in hours. The same as `validityHours`: at every `pulumi up`.",
            24 * 30,
        ),
        authoritySubject: subject(
            "the authority",
            "Without it, `registry CA <generation>`. From the second generation on its number is put behind it. Counts when it is made.",
        )
            .prefault({})
            .describe("Who the authority is."),
        subject: subject("the server certificate", "Without it, `registry.host`.")
            .prefault({})
            .describe("Whom the server certificate names."),
        bundle: z
            .string()
            .optional()
            .describe(
                "Roots that clients shall trust, PEM. Needed in mode `given`, and where a given authority is no root; in mode `certManager` it stands in for `ca.crt` of cert-manager's Secret.",
            ),
        issuer: issuer.optional().describe("The issuer that cert-manager asks. Needed in mode `certManager`."),
    })
    .superRefine((value, context) => {
        const { mode, validityHours, earlyRenewalHours, caValidityHours, caEarlyRenewalHours } = value;
        const refuse = (key: string, message: string): void => {
            context.addIssue({ code: "custom", path: [key], message });
        };
        if (earlyRenewalHours > validityHours) {
            refuse("earlyRenewalHours", `allowed is at most validityHours, ${validityHours.toString()}`);
        }
        if (mode === "own" && validityHours > caValidityHours) {
            const most = `allowed is at most caValidityHours, ${caValidityHours.toString()}`;
            refuse("validityHours", `${most}: a certificate ends with its authority`);
        }
        if (caEarlyRenewalHours !== undefined && caEarlyRenewalHours > caValidityHours) {
            refuse("caEarlyRenewalHours", `allowed is at most caValidityHours, ${caValidityHours.toString()}`);
        }
        const { authoritySubject: authority, subject: server } = value;
        const made = (value.ca?.trusted ?? [1]).map((one) => authorityCommonName("registry", one, authority));
        if (server.commonName !== undefined && made.includes(server.commonName)) {
            refuse(
                "subject",
                "allowed is another commonName than the authority's: clients would take one for the other",
            );
        }
        if (mode !== "own" && value.ca !== undefined) {
            refuse("ca", `it is for the mode own, not for ${mode}, where the authority is somebody else's: remove it`);
        }
        if (mode === "certManager" && value.issuer === undefined) {
            refuse("issuer", "the mode certManager needs one: name and kind");
        }
        if (mode !== "certManager" && value.issuer !== undefined) {
            refuse("issuer", `it is for the mode certManager, not for ${mode}: remove it`);
        }
    });
