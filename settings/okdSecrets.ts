import { z } from "zod";

import { checkBundle, checkServer } from "./certificates/check.ts";
import type { PlainSettings } from "./schema.ts";

/** What is secret of an OKD cluster's registry. */
export interface OkdSecrets {
    /** Certificates of routes, by the route's name. */
    readonly certificates?: Readonly<Record<string, GivenRouteCertificate>>;
    /** What the bucket is used with. */
    readonly s3?: { readonly accessKey: string; readonly secretKey: string };
}

/** A route's certificate, each part PEM. */
export interface GivenRouteCertificate {
    /** The server's, and after it those between it and the root. */
    readonly certificate: string;
    readonly key: string;
    /** Root that signs it. */
    readonly ca: string;
}

const text = z.string().min(1);
const shape = z.strictObject({
    certificates: z.record(z.string(), z.strictObject({ certificate: text, key: text, ca: text })).optional(),
    s3: z.strictObject({ accessKey: text, secretKey: text }).optional(),
});

/** Names of the routes whose certificates are given. Plain, because they decide what is made. */
export function givenRoutes(given: unknown): string[] {
    const parsed = shape.safeParse(given ?? {});
    return parsed.success ? Object.keys(parsed.data.certificates ?? {}) : [];
}

/** What is wrong with them, without ever showing one. */
export function checkOkdSecrets(given: unknown, { okd }: PlainSettings, now: Date): string[] {
    if (okd === undefined) return given === undefined ? [] : ["okdSecrets: there is no section okd: remove the key"];
    const remedy = "set it with: npx pulumi config set --secret --path okdSecrets.";
    const parsed = shape.safeParse(given ?? {});
    if (!parsed.success) {
        return parsed.error.issues.map((issue) => {
            const key = ["okdSecrets", ...issue.path.map(String)].join(".");
            if (issue.code === "unrecognized_keys")
                return `${key}: has ${issue.keys.join(", ")}, which is no such setting`;
            return `${key}: must be a text that is not empty; ${remedy}${issue.path.map(String).join(".")}`;
        });
    }
    const { certificates = {}, s3 } = parsed.data;
    const problems: string[] = [];
    for (const [name, pair] of Object.entries(certificates)) {
        const key = `okdSecrets.certificates.${name}`;
        const route = okd.routes.find((one) => one.name === name);
        if (route === undefined) problems.push(`${key}: okd.routes has no route of that name`);
        else if (route.caBundle !== undefined)
            problems.push(`okd.routes.${name}.caBundle: the root is in ${key}.ca; leave it out`);
        else
            problems.push(
                ...checkBundle(`${key}.ca`, pair.ca, now),
                ...checkServer(key, pair, pair.ca, [route.host], now),
            );
    }
    for (const [index, { caBundle }] of okd.routes.entries()) {
        if (caBundle !== undefined)
            problems.push(...checkBundle(`okd.routes.${index.toString()}.caBundle`, caBundle, now));
    }
    for (const [index, { caBundle }] of okd.trust.registries.entries())
        problems.push(...checkBundle(`okd.trust.registries.${index.toString()}.caBundle`, caBundle, now));
    const wanted = okd.management?.storage.kind === "s3";
    if (wanted && s3 === undefined) {
        problems.push(
            `okdSecrets.s3: is missing, and okd.management.storage.kind is s3; ${remedy}s3.accessKey, and s3.secretKey`,
        );
    }
    if (!wanted && s3 !== undefined)
        problems.push("okdSecrets.s3: okd.management.storage.kind is not s3: remove the key");
    return problems;
}
