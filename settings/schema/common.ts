import { isIP } from "node:net";

import { z } from "zod";

/** A DNS label: 1 to 63 lower-case letters, digits and '-' (RFC 1123). */
export const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** A Service's name is a DNS label that begins with a letter (RFC 1035). */
export const serviceName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** A DNS name, of one label or more: what Kubernetes calls a subdomain. */
export const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;
const imageReference =
    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+(:[\w][\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/;

/** Refuses a list that names something twice: each entry makes objects of its own. */
export const once = [
    (values: readonly string[]) => new Set(values).size === values.length,
    "allowed is each entry once",
] as const;

/** The name of an object or namespace, with a default. */
export const objectName = (meaning: string, value: string) =>
    z.string().regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'").default(value).describe(meaning);

/** What a certificate can name besides the hosts. */
export const hostOrAddress = z
    .string()
    .refine(
        (text) => isIP(text) !== 0 || (dnsName.test(text) && !/\.\d+$/.test(text)),
        "allowed is an IP address or a full lower-case DNS name",
    );

/** The reference of an image that the site must have, with a default. */
export const image = (meaning: string, value: string) =>
    z
        .string()
        .regex(imageReference, "allowed is host/repository:tag, or @sha256:digest; a tag must be named")
        .refine((text) => !text.endsWith(":latest"), "the tag latest is not allowed: it names another image tomorrow")
        .default(value)
        .describe(meaning);

/** A span of time in hours, at most 30 years. */
export const hours = (meaning: string, value: number) =>
    z
        .int()
        .min(1)
        .max(24 * 365 * 30)
        .default(value)
        .describe(meaning);
