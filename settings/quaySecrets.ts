import { z } from "zod";

import { checkBundle, checkServer } from "./certificates/check.ts";
import type { PlainSettings } from "./schema.ts";
import { configMistakes, managementMistakes } from "./schema/quay/config.ts";
import { managedOf } from "./schema/quay.ts";

/** What is secret of a Quay. */
export interface QuayCredentials {
    /** Password of the first user. Without it, one is generated. */
    readonly admin?: string;
    /** What the bucket is used with. */
    readonly s3?: { readonly accessKey: string; readonly secretKey: string };
    /** Certificate of its public host, each part PEM; `ca` is the root that signs it. */
    readonly certificate?: { readonly certificate: string; readonly key: string; readonly ca: string };
    /** Fields of `config.yaml` that are secret. */
    readonly config?: Readonly<Record<string, unknown>>;
}

const text = z.string().min(1);
const shape = z.strictObject({
    admin: z
        .string()
        .regex(/^\S{8,}$/)
        .optional(),
    s3: z.strictObject({ accessKey: text, secretKey: text }).optional(),
    certificate: z.strictObject({ certificate: text, key: text, ca: text }).optional(),
    config: z.record(z.string(), z.unknown()).optional(),
});

/** Whether each part is given. Plain, because it decides what is made. */
export interface GivenQuay {
    readonly admin: boolean;
    readonly fields: readonly string[];
}

/** Which parts are given. */
export function givenQuay(given: unknown): GivenQuay {
    const parsed = shape.safeParse(given ?? {});
    const { admin, config = {} } = parsed.success ? parsed.data : {};
    return { admin: admin !== undefined, fields: Object.keys(config) };
}

/** What is wrong with them, without ever showing one. */
export function checkQuayCredentials(given: unknown, { quay }: PlainSettings, now: Date): string[] {
    if (quay === undefined)
        return given === undefined ? [] : ["quayCredentials: there is no section quay: remove the key"];
    const remedy = "set it with: npx pulumi config set --secret --path quayCredentials.";
    const parsed = shape.safeParse(given ?? {});
    if (!parsed.success) {
        return parsed.error.issues.map((issue) => {
            const path = issue.path.map(String).join(".");
            const key = `quayCredentials${path === "" ? "" : `.${path}`}`;
            if (issue.code === "unrecognized_keys")
                return `${key}: has ${issue.keys.join(", ")}, which is no such setting; known are ${Object.keys(shape.shape).join(", ")}`;
            if (path === "admin") return `${key}: must have 8 characters or more, and no spaces; ${remedy}${path}`;
            return `${key}: must be a text that is not empty; ${remedy}${path}`;
        });
    }
    const { admin, s3, certificate, config = {} } = parsed.data;
    const problems: string[] = [];
    const only = (key: string, there: boolean, wanted: boolean, when: string): void => {
        if (there && !wanted) problems.push(`quayCredentials.${key}: ${when}: remove the key`);
    };
    const lacking = (key: string, there: boolean, wanted: boolean, when: string): void => {
        if (wanted && !there) problems.push(`quayCredentials.${key}: is missing, and ${when}; ${remedy}${key}`);
    };
    only("admin", admin !== undefined, quay.admin !== undefined, "there is no quay.admin");
    only("s3", s3 !== undefined, quay.storage.kind === "s3", "quay.storage.kind is not s3");
    lacking("s3", s3 !== undefined, quay.storage.kind === "s3", "quay.storage.kind is s3");
    only("certificate", certificate !== undefined, quay.tls === "own", "quay.tls is not own");
    lacking("certificate", certificate !== undefined, quay.tls === "own", "quay.tls is own");
    if (certificate !== undefined && quay.host !== undefined) {
        const key = "quayCredentials.certificate";
        problems.push(
            ...checkBundle(`${key}.ca`, certificate.ca, now),
            ...checkServer(key, certificate, certificate.ca, [quay.host], now),
        );
    }
    for (const { path, message } of configMistakes(config))
        problems.push(`quayCredentials.config.${path.map(String).join(".")}: ${message}`);
    for (const field of Object.keys(config).filter((one) => one in quay.config))
        problems.push(`quayCredentials.config.${field}: is in quay.config too; allowed is one of them`);
    const storageFields = quay.storage.kind === "s3" ? ["DISTRIBUTED_STORAGE_CONFIG"] : [];
    const fields = [...Object.keys(config), ...Object.keys(quay.config), ...storageFields];
    for (const { kind, field, message } of managementMistakes(fields, managedOf(quay))) {
        if (field === undefined) problems.push(`quay.components: ${kind}: managed is false; ${message}`);
        else if (field in config) problems.push(`quayCredentials.config.${field}: ${message}`);
    }
    return problems;
}
