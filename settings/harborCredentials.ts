import { z } from "zod";

import type { PlainSettings } from "./schema.ts";

/** What is secret of a Harbor: `admin` is the login's password (of a Harbor that the stack installs, its first one, if it is given), `endpoints` holds each endpoint's secret by its name. */
export interface HarborCredentials {
    readonly admin?: string;
    readonly endpoints?: Readonly<Record<string, string>>;
}

const shape = z.strictObject({
    admin: z.string().min(1).optional(),
    endpoints: z.record(z.string(), z.string().min(1)).optional(),
});

/** What is wrong with the credentials, without ever showing one. */
export function checkHarborCredentials(given: unknown, harbor: PlainSettings["harbor"]): string[] {
    if (harbor === undefined) {
        return given === undefined ? [] : ["harborCredentials: there is no section harbor: remove the key"];
    }
    const remedy = "set it with: npx pulumi config set --secret --path harborCredentials.";
    const parsed = shape.safeParse(given ?? {});
    if (!parsed.success) {
        return parsed.error.issues.map((issue) => {
            const key = issue.path.map(String).join(".");
            if (issue.code === "unrecognized_keys")
                return `harborCredentials: has ${issue.keys.join(", ")}; known are admin, endpoints`;
            return `harborCredentials${key === "" ? "" : `.${key}`}: must be a text that is not empty; ${remedy}${key}`;
        });
    }
    const { endpoints = {}, admin } = parsed.data;
    const missing = admin === undefined && harbor.install === undefined;
    const bySite = harbor.endpoints.filter(({ site }) => site !== undefined).map(({ name }) => name);
    const logins = harbor.endpoints
        .filter(({ accessKey, site }) => accessKey !== undefined && site === undefined)
        .map(({ name }) => name);
    return [
        ...(missing ? [`harborCredentials.admin: must be a text that is not empty; ${remedy}admin`] : []),
        ...Object.keys(endpoints)
            .filter((name) => !logins.includes(name))
            .map((name) =>
                bySite.includes(name)
                    ? `harborCredentials.endpoints.${name}: its site tells the secret: remove it`
                    : `harborCredentials.endpoints.${name}: no endpoint of that name has an accessKey`,
            ),
        ...logins
            .filter((name) => !(name in endpoints))
            .map(
                (name) =>
                    `harborCredentials.endpoints.${name}: is missing, and the endpoint has an accessKey; ${remedy}endpoints.${name}`,
            ),
    ];
}
