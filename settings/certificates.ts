import * as pulumi from "@pulumi/pulumi";

import { certificateNames } from "../components/registry/certificates/names.ts";
import { certificatesIn, pemOf } from "../components/registry/certificates/pem.ts";
import { checkAuthority, checkBundle, checkServer } from "./certificates/check.ts";
import { isPair, normalKey, type KeyPair } from "./certificates/pair.ts";
import type { PlainSettings } from "./schema.ts";

/** Certificates that were given, checked. */
export interface GivenCertificates {
    /** The authority that shall sign. Its certificate is not secret, its key is. */
    readonly authority?: GivenPair;
    /** The server's certificate. Its key is secret. */
    readonly server?: GivenPair;
    /** Roots that clients shall trust, PEM, with nothing else around them. */
    readonly bundle?: string;
}

/** A certificate and its key. */
export interface GivenPair {
    /** PEM, with what leads to its root behind it. */
    readonly certificate: string;
    /** PKCS#8, PEM. Secret. */
    readonly key: pulumi.Output<string>;
}

type Section = NonNullable<PlainSettings["registry"]>;

const remedy = "set it with: pulumi config set --secret --path certificates";
const members = { authority: "givenAuthority", server: "given" } as const;

/** The key `certificates` as it is given: text that is JSON, or nothing. */
export function parseCertificates(text: string | undefined): unknown {
    if (text === undefined) return {};
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

/** Every mistake in the given certificates, none of which shows a key. `now` is this machine's time. */
export function checkCertificates(given: unknown, settings: PlainSettings, now: Date): string[] {
    const { registry } = settings;
    const shape = checkShape(given);
    if (shape.length > 0 || registry === undefined) return shape;
    const { mode, bundle } = registry.certificate;
    const parts = given as Partial<Record<keyof typeof members, KeyPair>>;
    const problems: string[] = [];
    for (const [member, wanted] of Object.entries(members)) {
        const there = member in parts;
        if (there && mode !== wanted) {
            const why = `registry.certificate.mode is ${mode}, and ${wanted} is what it is for`;
            problems.push(`certificates.${member}: is not used: ${why}; remove it, or set the mode`);
        }
        if (!there && mode === wanted)
            problems.push(
                `certificates.${member}: is missing; mode ${wanted} needs it: ${remedy}.${member}.certificate`,
            );
    }
    if (bundle !== undefined) {
        if (mode === "own") problems.push(`${bundleKey}: the mode own makes its own root: remove it`);
        problems.push(...checkBundle(bundleKey, bundle, now));
    }
    if (problems.length > 0) return problems;
    if (mode === "givenAuthority" && parts.authority !== undefined)
        return checkAuthority("certificates.authority", parts.authority, bundle, now);
    if (mode !== "given" || parts.server === undefined) return [];
    if (bundle === undefined) return [`${bundleKey}: is missing; mode given needs the roots that clients shall trust`];
    return [
        ...checkServer("certificates.server", parts.server, bundle, namesOf(registry, settings), now),
        ...checkReach(settings),
    ];
}

const bundleKey = "registry.certificate.bundle";

function namesOf(registry: Section, settings: PlainSettings): string[] {
    const { dnsNames, ipAddresses } = certificateNames({
        hosts: [registry.host, ...registry.extraHosts],
        service: registry.name,
        namespace: registry.namespace,
        clusterDomain: settings.clusterDomain,
        extras: registry.clusterHosts,
    });
    return [...dnsNames, ...ipAddresses];
}

/** Nodes that dial the Service's address need it on the certificate, and nobody knows it before the Service is there. */
function checkReach({ nodeTrust }: PlainSettings): string[] {
    if (nodeTrust?.reachBy !== "clusterAddress") return [];
    const why = "a given certificate cannot name the Service's address, which is not known beforehand";
    return [`nodeTrust.reachBy: is "clusterAddress"; ${why}: set it to host`];
}

function checkShape(given: unknown): string[] {
    const known = Object.keys(members);
    if (typeof given !== "object" || given === null || Array.isArray(given))
        return [`certificates: must have ${known.join(" or ")}, each with certificate and key; ${remedy}.<one>.key`];
    return Object.entries(given).flatMap(([member, pair]: [string, unknown]) => {
        if (!known.includes(member)) return [`certificates.${member}: no such member; known are ${known.join(", ")}`];
        return isPair(`certificates.${member}`, pair, remedy);
    });
}

/** The given certificates as components take them. Only for what was checked. */
export function readCertificates(given: unknown, settings: PlainSettings): GivenCertificates {
    const parts = given as Partial<Record<keyof typeof members, KeyPair>>;
    const bundle = settings.registry?.certificate.bundle;
    const normal = ({ certificate, key }: KeyPair): GivenPair => ({
        certificate: pemOf(certificatesIn(certificate)),
        key: pulumi.secret(normalKey(key)),
    });
    return {
        ...(parts.authority === undefined ? {} : { authority: normal(parts.authority) }),
        ...(parts.server === undefined ? {} : { server: normal(parts.server) }),
        ...(bundle === undefined ? {} : { bundle: pemOf(certificatesIn(bundle)) }),
    };
}
