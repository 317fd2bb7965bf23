import * as pulumi from "@pulumi/pulumi";

import { createProviders } from "../../providers.ts";
import { readSettings, type Settings } from "../../settings.ts";
import { secretKeys } from "../../settings/schema.ts";
import { buildSite } from "../../site.ts";
import { placeholderSites } from "../../tools/render/placeholders.ts";
import { withPullSecrets } from "../../tools/render/pullSecrets.ts";
import { makeCertificate } from "./certificateMaker.ts";
import { configure } from "./configuration.ts";
import { exampleCa } from "./exampleCa.ts";
import { underMocks, type Registered } from "./mocks.ts";
import { recordOf, root, type SchemaNode, type Values } from "./schemaNode.ts";
import { mended } from "./settingsArbitrary.ts";

/** What cert-manager would have put into its Secret. */
const certificate = Buffer.from(exampleCa).toString("base64");
const issued = {
    "registry-issued": { metadata: { name: "issued" }, data: { "tls.crt": certificate, "ca.crt": certificate } },
};

/** What became of a configuration: the lines of the refusal, or its kinds and everything the program registers. */
export type Outcome = { refused: string[] } | { refused: undefined; kinds: string[]; registered: Registered[] };

/** Reads a configuration and, where it is accepted, runs the whole program on it under mocks. */
export async function renderSite(values: Values): Promise<Outcome> {
    configure(values, [...secretKeys]);
    const refused = refusal();
    if (refused !== undefined) return { refused };
    const settings = readSettings();
    const sites = placeholderSites(settings);
    const build = () => buildSite(settings, createProviders(settings), undefined, sites);
    const registered = await withoutStacks(() => underMocks(build, issued));
    return { refused, kinds: kindsOf(settings), registered };
}

/** The least that makes a whole site. */
const least: Values = { registry: { host: "registry.example.org" }, nodeTrust: {} };

/**
 * A configuration that is accepted, made from one that may not be by putting right what the refusals name. What stays refused
 * takes its section with it.
 */
export function acceptable(values: Values): Values | undefined {
    let tried = values;
    const seed = JSON.stringify(values).length * rounds;
    for (let round = 0; round < rounds; round += 1) {
        configure(tried, [...secretKeys]);
        const refused = refusal();
        if (refused === undefined) return tried;
        const paths: string[][] = [];
        // A refusal that stays although its key is gone may want another section to be there.
        let next: Values = { ...(round === 3 ? least : {}), ...tried };
        for (const line of refused) {
            const path = settingOf(line, tried);
            const better = path && withMaterial(next, path, line);
            if (better !== undefined) next = better;
            else if (path !== undefined) paths.push(path.slice(0, Math.max(2, path.length - Math.floor(round / 5))));
        }
        tried = mended(next, paths, least, seed + round);
    }
    return undefined;
}

const rounds = 16;

const authority = makeCertificate({ name: "Generated CA", ca: true });

/** The configuration with certificates that a refusal asks for, which no schema could make; undefined where it does not ask. */
function withMaterial(values: Values, path: readonly string[], line: string): Values | undefined {
    const copy = structuredClone(values);
    const certificates = recordOf(copy.certificates);
    const [section, member = ""] = path;
    const names = / names all of (.*)$/.exec(line)?.[1]?.split(", ");
    if (section === "certificates" && path.length > 1 && (names !== undefined || !(member in certificates))) {
        const server =
            member === "server" && makeCertificate({ name: "server", issuer: authority, names: names ?? [] });
        const { certificate: pem, key } = server === false ? authority : server;
        return { ...copy, certificates: { ...certificates, [member]: { certificate: pem, key } } };
    }
    const settings = recordOf(recordOf(copy.registry).certificate);
    if (path.join(".") !== "registry.certificate.bundle" || "bundle" in settings) return undefined;
    settings.bundle = authority.certificate;
    return copy;
}

function refusal(): string[] | undefined {
    try {
        readSettings();
        return undefined;
    } catch (error) {
        // Anything but a refusal in words is a mistake of the program.
        if (!pulumi.RunError.isInstance(error)) throw error;
        return error.message.split("\n  ").slice(1);
    }
}

/** The SDK takes a stack trace for every promise and resource: more than half of the time of a render. */
async function withoutStacks<T>(action: () => Promise<T>): Promise<T> {
    const { stackTraceLimit } = Error;
    const before: unknown = Reflect.get(Error, "prepareStackTrace");
    Object.assign(Error, { stackTraceLimit: 0, prepareStackTrace: String });
    try {
        return await action();
    } finally {
        Object.assign(Error, { stackTraceLimit, prepareStackTrace: before });
    }
}

/** What is wrong with a refusal itself: a line without a key that the person knows, or with a secret in it. */
export function refusalMistakes(lines: readonly string[], values: Values): string[] {
    const mistakes = lines.length === 0 ? ["nothing is named"] : [];
    for (const line of lines) {
        if (settingOf(line, values) === undefined) mistakes.push(`no setting is named: ${line}`);
    }
    const secrets = secretKeys
        .flatMap((key) => Object.values(recordOf(values[key])))
        .filter((one): one is string => typeof one === "string" && one.length > 8);
    for (const secret of secrets) if (lines.some((line) => line.includes(secret))) mistakes.push("a secret is shown");
    return mistakes;
}

/**
 * The path that a line of a refusal names, where it leads to a setting of the schema or to something that was given. A name that
 * was given counts as a whole, whatever dots, colons and spaces it holds.
 */
function settingOf(line: string, values: Values): string[] | undefined {
    const secret = new RegExp(`^((?:${secretKeys.join("|")})(?:\\.[^\\s:]+)?): \\S`).exec(line)?.[1];
    return walk(line, root, values) ?? secret?.split(".");
}

function walk(text: string, node: SchemaNode | undefined, value: unknown): string[] | undefined {
    const given = recordOf(value);
    const names = new Set([...Object.keys(given), ...Object.keys(node?.properties ?? {})]);
    // The longest first: one name may begin with another.
    for (const name of [...names].sort((a, b) => b.length - a.length)) {
        if (!text.startsWith(name)) continue;
        const rest = text.slice(name.length);
        if (/^: \S/.test(rest)) return [name];
        if (!rest.startsWith(".")) continue;
        const below = Array.isArray(value) ? node?.items : (node?.properties?.[name] ?? entryOf(node));
        const path = walk(rest.slice(1), below, given[name]);
        if (path !== undefined) return [name, ...path];
    }
    return undefined;
}

/** The schema of the entries of a record. */
function entryOf(node: SchemaNode | undefined): SchemaNode | undefined {
    const free = node?.additionalProperties;
    return typeof free === "object" ? free : undefined;
}

/** Every kind that some generated configuration has to have: the choices that decide what is made, as the schema lists them. */
export const allKinds: readonly string[] = [
    ...choices("exposure"),
    ...choices("storage", "kind"),
    ...choices("certificate", "mode"),
    ...choices("cache", "kind"),
    ...["systemStore", "several pools", "names for nodes"],
    ...["pull secrets everywhere", "pull secrets by label", "clientKit", "several users", "several pods"],
];

function choices(...path: string[]): string[] {
    const node = path.reduce<SchemaNode | undefined>(
        (above, key) => above?.properties?.[key],
        root.properties?.registry,
    );
    if (node?.enum === undefined) throw new Error(`registry.${path.join(".")} is no choice`);
    return node.enum.map((one) => `${path.join(".")} ${String(one)}`);
}

/** Those of {@link allKinds} that an accepted configuration has. */
function kindsOf({ registry, clientKit, nodeTrust }: Settings): string[] {
    if (registry === undefined) return [];
    const { exposure, storage, certificate, cache, pullSecret, users, replicas } = registry;
    const further: [string, boolean][] = [
        ["systemStore", nodeTrust?.mode === "systemStore"],
        ["several pools", (nodeTrust?.pools.length ?? 0) > 1],
        ["names for nodes", (nodeTrust?.hostsEntries.length ?? 0) > 0],
        ["pull secrets everywhere", pullSecret.everywhere],
        ["pull secrets by label", pullSecret.namespaceSelector !== undefined],
        ["clientKit", clientKit !== undefined],
        ["several users", users.length > 1],
        ["several pods", replicas > 1],
    ];
    return [
        `exposure ${exposure}`,
        `storage.kind ${storage.kind}`,
        `certificate.mode ${certificate.mode}`,
        `cache.kind ${cache.kind}`,
        ...further.filter(([, has]) => has).map(([kind]) => kind),
    ];
}

/** Of the packages that the program makes a provider of itself: resources without one. The engine's own would have no settings. */
export function providerMistakes(registered: readonly Registered[]): string[] {
    const provided = registered.map(({ type }) => /^pulumi:providers:(.*)$/.exec(type)?.[1]);
    return ["kubernetes", "siteregistry"]
        .filter((one) => !provided.includes(one))
        .flatMap((one) => registered.filter(({ type, component }) => !component && type.startsWith(`${one}:`)))
        .map(({ type, name }) => `${type} ${name} has no provider`);
}

/** A Kubernetes object. */
export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string; labels?: Values; annotations?: Values };
    [field: string]: unknown;
}

/** The Kubernetes objects among what was registered. */
export function objectsOf(registered: readonly Registered[]): KubernetesObject[] {
    return (
        withPullSecrets(registered)
            .filter((one) => one.type.startsWith("kubernetes:"))
            .filter((one) => !/Patch$|List$|:(ConfigFile|ConfigGroup)$/.test(one.type))
            // What is only read, such as a namespace that is there already, has no inputs.
            .filter((one) => "metadata" in one.inputs)
            .map((one) => one.inputs as unknown as KubernetesObject)
    );
}

/** What no object may hold, whatever the settings are. Cheap, so that it is asked of every render. */
export function objectMistakes(objects: readonly KubernetesObject[]): string[] {
    const mistakes: string[] = [];
    const seen = new Set<string>();
    for (const object of objects) {
        const { name, namespace = "" } = object.metadata;
        const id = `${object.kind} ${namespace}/${name}`;
        if (seen.has(id)) mistakes.push(`${id} is made twice`);
        seen.add(id);
        // A program may speak of these.
        const text = JSON.stringify(object, (key, value: unknown) => (key.endsWith(".ts") ? "" : value));
        // A certificate in base64 may have these letters by chance, among others.
        const [sign] = /\[object Object\]|Output<T>|undefined|(?<![\w+/])NaN(?![\w+/=])/.exec(text) ?? [];
        if (sign !== undefined) mistakes.push(`${id} holds ${sign}`);
        // The mocks' secrets say what they are.
        if (object.kind !== "Secret" && /password of |key of /.test(text)) mistakes.push(`${id} shows a secret`);
        if (!/^[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?$/.test(name)) mistakes.push(`${id}: not a name`);
        for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
            if (typeof value !== "string" || !/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(value))
                mistakes.push(`${id}: label ${key} is ${JSON.stringify(value)}`);
        }
        for (const key of [object.data, object.stringData].flatMap((data) => Object.keys(recordOf(data)))) {
            if (!/^[-\w.]{1,253}$/.test(key)) mistakes.push(`${id}: no key of data is ${key}`);
        }
    }
    return mistakes;
}
