import { X509Certificate } from "node:crypto";

import { timestamp } from "./clock.ts";
import type { Credential, Endpoint } from "./outside.ts";
import { internal, Refusal } from "./refusal.ts";
import type { Row } from "./table.ts";

/** An endpoint as Harbor stores it. */
export interface Registry extends Row, Endpoint {
    readonly name: string;
    readonly description: string;
    readonly created: number | undefined;
    readonly updated: number | undefined;
}

/** Columns are this wide; more ends in a fault of the database. The secret is encrypted first, which makes it longer. */
const widest = { url: 256, key: 255, type: 16, secret: 3050 };

/** A URL as Harbor stores it: with a scheme, without user, query, fragment, and mostly without the slash at its end. */
export function normalised(url: string): string {
    const trimmed = url.trim().replace(/\/+$/, "");
    if (trimmed === "") throw new Refusal(400, "empty string");
    const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
    const [, scheme = "", rest = ""] = /^([^:]+):\/\/([^?#]*)/.exec(full) ?? [];
    if (!["http", "https"].includes(scheme.toLowerCase()))
        throw new Refusal(400, `invalid HTTP scheme: ${scheme.toLowerCase()}`);
    const host = rest.split("/")[0] ?? "";
    if (host.includes("[") && !host.includes("]"))
        throw new Refusal(400, `invalid URL: parse "${full}": missing ']' in host`);
    return `${scheme.toLowerCase()}://${rest.replace(/^[^/@]*@/, "")}`;
}

/** Refuses a name that cannot be stored. */
export function checkName(name: string): void {
    if (name === "") throw new Refusal(400, "name cannot be empty");
    if (name.length > 64) throw new Refusal(400, "the max length of name is 64");
}

/** Refuses a certificate authority that is none. Empty and blank ones are not looked at. */
export function checkAuthority(pem: string): void {
    if (pem.trim() === "") return;
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new Refusal(400, "invalid CA certificate: no valid certificates found in PEM data");
    for (const block of blocks) {
        try {
            new X509Certificate(block);
        } catch {
            const why = "failed to parse certificate: x509: malformed certificate";
            throw new Refusal(400, `invalid CA certificate: ${why}`);
        }
    }
}

/** A credential as it is stored: not at all without a key. */
export function storable(
    type: string | undefined,
    key: string | undefined,
    secret: string | undefined,
): Credential | undefined {
    if (key === undefined || key === "") return undefined;
    const kind = type === undefined || type === "" ? "basic" : type;
    return { type: kind, key, ...(secret === undefined || secret === "" ? {} : { secret }) };
}

/** The fault that a value too wide for its column ends in. */
export function checkWidths(registry: Registry): void {
    const { credential } = registry;
    const tooWide =
        registry.url.length > widest.url ||
        (credential?.type ?? "").length > widest.type ||
        (credential?.key ?? "").length > widest.key ||
        (credential?.secret ?? "").length > widest.secret;
    if (tooWide) throw internal("a value is too wide for its column");
}

/** A registry as Harbor answers it: nothing that is empty, and never the secret. */
export function shownRegistry(registry: Registry): object {
    const { credential } = registry;
    return {
        id: registry.id,
        name: registry.name,
        type: registry.type,
        url: registry.url,
        ...(registry.description === "" ? {} : { description: registry.description }),
        ...(registry.insecure ? { insecure: true } : {}),
        ...(registry.caCertificate === "" ? {} : { ca_certificate: registry.caCertificate }),
        credential:
            credential === undefined
                ? {}
                : {
                      type: credential.type,
                      ...(credential.key === "" ? {} : { access_key: credential.key }),
                      ...(credential.secret === undefined ? {} : { access_secret: "*****" }),
                  },
        status: "healthy",
        creation_time: timestamp(registry.created),
        update_time: timestamp(registry.updated),
    };
}
