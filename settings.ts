import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { loginNames } from "./components/registry/logins.ts";
import {
    checkCertificates,
    parseCertificates,
    readCertificates,
    type GivenCertificates,
} from "./settings/certificates.ts";
import { inHarborFile, readHarborFiles } from "./settings/harborFiles.ts";
import { checkHarborCredentials, type HarborCredentials } from "./settings/harborCredentials.ts";
import { checkHarborInstall } from "./settings/harborInstall.ts";
import { checkHost, hostMachines, hostUsers } from "./settings/host.ts";
import { checkImageCredentials, imageCredentialHosts, type ImageCredential } from "./settings/imageCredentials.ts";
import { checkOkdSecrets, givenRoutes, type OkdSecrets } from "./settings/okdSecrets.ts";
import { placeholders } from "./settings/placeholders.ts";
import { checkQuayCredentials, givenQuay, type GivenQuay, type QuayCredentials } from "./settings/quaySecrets.ts";
import { checkSshKeys, keyOfHarbor } from "./settings/sshKeys.ts";
import { checkNodeCredentials, nodeCredentialHosts, type NodeCredential } from "./settings/nodeCredentials.ts";
import { checkNodeTrust } from "./settings/nodeTrust.ts";
import { isRecord } from "./settings/record.ts";
import { readTopology } from "./settings/topologyFile.ts";
import { project, scalars, schema, secretKeys, type PlainSettings } from "./settings/schema.ts";

/** Everything a stack says about its site, checked, with defaults filled in. */
export interface Settings extends PlainSettings {
    /** Passwords given by hand, by login name. Secret. A login that has none here gets a generated one. */
    readonly passwords: pulumi.Output<Record<string, string>>;
    /** Names of the logins in `passwords`. Plain, because they decide which resources exist. */
    readonly givenPasswords: readonly string[];
    /** Certificates given by hand. Their keys are secret. */
    readonly certificates: GivenCertificates;
    /** Key and secret of the bucket. Secret. Undefined unless images are kept in one. */
    readonly s3Credentials: pulumi.Output<S3Credentials> | undefined;
    /** What is secret of a Harbor. Secret. Undefined unless there is one. */
    readonly harborCredentials: pulumi.Output<HarborCredentials> | undefined;
    /** Whether the first password of a Harbor's `admin` is given. Plain, because it decides what is made. */
    readonly givenHarborPassword: boolean;
    /** What is secret of an OKD cluster's registry. Secret. Undefined where nothing is given. */
    readonly okdSecrets: pulumi.Output<OkdSecrets> | undefined;
    /** Names of the routes whose certificates are in `okdSecrets`. Plain, because they decide what is made. */
    readonly givenRoutes: readonly string[];
    /** What is secret of a Quay. Secret. Undefined where nothing is given. */
    readonly quayCredentials: pulumi.Output<QuayCredentials> | undefined;
    /** Which parts of it are given. Plain, because they decide what is made. */
    readonly givenQuay: GivenQuay;
    /** Private keys for SSH, PEM, by name of a machine in `nodeTrust.hosts`, `default` for all others. Secret. */
    readonly sshKeys: pulumi.Output<Record<string, string>>;
    /** What nodes log in with, by host. Secret. */
    readonly nodeCredentials: pulumi.Output<Record<string, NodeCredential>>;
    /** Hosts in `nodeCredentials`. Plain, because they decide what is made. */
    readonly nodeCredentialHosts: readonly string[];
    /** What images are copied with, by host. Secret. */
    readonly imageCredentials: pulumi.Output<Record<string, ImageCredential>>;
    /** Hosts in `imageCredentials`. Plain, because they decide what is made. */
    readonly imageCredentialHosts: readonly string[];
    /** The text of a kubeconfig, or a path to one. Secret. Undefined means kubectl's own default. */
    readonly kubeconfig: pulumi.Output<string> | undefined;
}

/** What the registry shows to an S3 server. */
export interface S3Credentials {
    /** Key that is allowed to read, write, list and delete. */
    readonly accessKey: string;
    /** Secret that belongs to it. */
    readonly secretKey: string;
}

/**
 * Reads the stack's configuration. The only reader of it in the program.
 * Throws one `RunError` that lists every mistake, before any resource is registered.
 */
export function readSettings(): Settings {
    const config = new pulumi.Config(project);
    const given = givenKeys();
    const problems = [...misspelt(given), ...checkPasswords(given.get("passwords"))];

    const plain: Record<string, unknown> = {};
    for (const [key, text] of given) if (key in schema.shape) plain[key] = parse(key, text);
    const unfilled = placeholders(plain);
    // Whatever else is wrong with a placeholder is of no interest.
    if (unfilled.length > 0) throw mistakes([...problems, ...unfilled]);
    const files = readHarborFiles(plain.harbor);
    if (files.harbor !== undefined) plain.harbor = files.harbor;
    const topology = readTopology(plain);
    Object.assign(plain, topology.added);
    problems.push(...files.problems, ...topology.problems);
    problems.push(...checkS3Credentials(given.get("s3Credentials"), plain.registry));
    const parsed = schema.safeParse(plain);
    if (!parsed.success) {
        const found = parsed.error.issues.flatMap((issue) => describe(issue, plain));
        problems.push(...found.map((problem) => inHarborFile(problem, files)));
    }

    const harborCredentials = parse("harborCredentials", given.get("harborCredentials"));
    if (parsed.success) problems.push(...checkHarborCredentials(harborCredentials, parsed.data.harbor));
    const okdSecrets = parse("okdSecrets", given.get("okdSecrets"));
    if (parsed.success) problems.push(...checkOkdSecrets(okdSecrets, parsed.data, new Date()));
    const quayCredentials = parse("quayCredentials", given.get("quayCredentials"));
    if (parsed.success) problems.push(...checkQuayCredentials(quayCredentials, parsed.data, new Date()));
    const givenPasswords = usersWithPassword(given.get("passwords"));
    if (parsed.success) problems.push(...unusedPasswords(parsed.data, givenPasswords));
    const certificates = parseCertificates(given.get("certificates"));
    if (parsed.success) problems.push(...checkCertificates(certificates, parsed.data, new Date()));
    const sshKeys = given.get("sshKeys");
    const installer = parsed.data?.harbor?.install?.installer;
    const trustedHosts = [
        ...(parsed.data?.nodeTrust?.hosts ?? []),
        ...(installer === undefined ? [] : [{ name: keyOfHarbor }]),
        ...hostMachines(parsed.data?.host),
    ];
    if (parsed.success) problems.push(...checkHarborInstall(parsed.data.harbor), ...checkHost(parsed.data.host));
    if (parsed.success)
        problems.push(...checkSshKeys(sshKeys === undefined ? sshKeys : parse("sshKeys", sshKeys), trustedHosts));
    const nodeLogins = parse("nodeCredentials", given.get("nodeCredentials"));
    problems.push(...checkNodeCredentials(nodeLogins, parsed.data));
    const imageLogins = parse("imageCredentials", given.get("imageCredentials"));
    if (parsed.success) problems.push(...checkImageCredentials(imageLogins, parsed.data));
    if (parsed.success) problems.push(...checkNodeTrust(parsed.data, new Date()));
    if (!parsed.success || problems.length > 0) {
        throw mistakes(problems);
    }
    return Object.freeze({
        ...parsed.data,
        passwords:
            config.getSecretObject<Record<string, string>>("passwords") ?? pulumi.secret<Record<string, string>>({}),
        givenPasswords,
        certificates: readCertificates(certificates, parsed.data),
        s3Credentials: config.getSecretObject<S3Credentials>("s3Credentials"),
        harborCredentials: config.getSecretObject<HarborCredentials>("harborCredentials"),
        givenHarborPassword: isRecord(harborCredentials) && harborCredentials.admin !== undefined,
        okdSecrets: config.getSecretObject<OkdSecrets>("okdSecrets"),
        givenRoutes: givenRoutes(okdSecrets),
        quayCredentials: config.getSecretObject<QuayCredentials>("quayCredentials"),
        givenQuay: givenQuay(quayCredentials),
        sshKeys: config.getSecretObject<Record<string, string>>("sshKeys") ?? pulumi.secret<Record<string, string>>({}),
        nodeCredentials:
            config.getSecretObject<Record<string, NodeCredential>>("nodeCredentials") ??
            pulumi.secret<Record<string, NodeCredential>>({}),
        nodeCredentialHosts: nodeCredentialHosts(nodeLogins),
        imageCredentials:
            config.getSecretObject<Record<string, ImageCredential>>("imageCredentials") ??
            pulumi.secret<Record<string, ImageCredential>>({}),
        imageCredentialHosts: imageCredentialHosts(imageLogins),
        kubeconfig: config.getSecret("kubeconfig") ?? fromEnvironment("KUBECONFIG"),
    });
}

function mistakes(problems: readonly string[]): pulumi.RunError {
    return new pulumi.RunError(`the configuration of this stack has mistakes:\n  ${problems.join("\n  ")}`);
}

/** The project's keys that the stack or `Pulumi.yaml` gives a value, without their prefix. */
function givenKeys(): Map<string, string> {
    const prefix = `${project}:`;
    const all = Object.entries(pulumi.runtime.allConfig());
    return new Map(
        all.filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]),
    );
}

/** Sections and scalars travel as text; a scalar is that text itself. */
function parse(key: string, text: string | undefined): unknown {
    if (key in scalars || text === undefined) return text;
    try {
        return JSON.parse(text);
    } catch {
        return text; // the schema then says that an object was expected
    }
}

function misspelt(given: Map<string, string>): string[] {
    const known = [...Object.keys(schema.shape), ...secretKeys];
    return [...given.keys()]
        .filter((key) => !known.includes(key))
        .map((key) => `${key}: no such setting; known are ${known.join(", ")}`);
}

/** The passwords are checked without ever showing one. */
function checkPasswords(text: string | undefined): string[] {
    if (text === undefined) return [];
    const remedy = `set each with: pulumi config set --secret --path 'passwords["<user>"]'`;
    const passwords = parse("passwords", text);
    if (!isRecord(passwords)) return [`passwords: must map login names to passwords; ${remedy}`];
    return Object.entries(passwords).flatMap(([user, password]) => {
        const bytes = typeof password === "string" ? Buffer.byteLength(password) : 0;
        if (bytes === 0) return [`passwords.${user}: must be a text that is not empty; ${remedy}`];
        const problems: string[] = [];
        // bcrypt ignores what comes after its 72nd byte, so a longer password would be weaker than it looks.
        if (bytes > 72) problems.push(`passwords.${user}: is ${bytes.toString()} bytes long, at most 72 are allowed`);
        // Shells, compose files and client configurations change these on their way.
        if (/[$"'`\\\p{Cc}]/u.test(String(password)))
            problems.push(
                `passwords.${user}: holds a character that is not allowed: '$', quotes of any kind, '\\' and control characters`,
            );
        return problems;
    });
}

/** The keys are checked without ever showing one. */
function checkS3Credentials(text: string | undefined, registry: unknown): string[] {
    const storage = isRecord(registry) ? registry.storage : undefined;
    const wanted = isRecord(storage) && storage.kind === "s3";
    if (!wanted) return text === undefined ? [] : ["s3Credentials: registry.storage.kind is not s3: remove the key"];
    const keys = text === undefined ? {} : parse("s3Credentials", text);
    const names = ["accessKey", "secretKey"];
    const given = isRecord(keys) ? keys : {};
    const unknown = Object.keys(given).filter((name) => !names.includes(name));
    return [
        ...unknown.map((name) => `s3Credentials.${name}: no such setting; known are ${names.join(", ")}`),
        ...names
            .filter((name) => typeof given[name] !== "string" || given[name] === "")
            .map((name) => {
                const remedy = `npx pulumi config set --secret --path s3Credentials.${name}`;
                return `s3Credentials.${name}: must be a text that is not empty; set it with: ${remedy}`;
            }),
    ];
}

function usersWithPassword(text: string | undefined): string[] {
    const passwords = text === undefined ? {} : parse("passwords", text);
    return isRecord(passwords) ? Object.keys(passwords) : [];
}

function unusedPasswords(settings: PlainSettings, givenPasswords: readonly string[]): string[] {
    const { registry, host } = settings;
    const users = [...(registry?.users ?? []), ...(host === undefined ? [] : hostUsers(host))];
    const logins = users.flatMap(loginNames);
    const section = registry === undefined && host !== undefined ? "host" : "registry";
    return givenPasswords
        .filter((login) => !logins.includes(login))
        .map((login) => `passwords.${login}: no such login; ${section}.users has ${logins.join(", ") || "none"}`);
}

/** A path to a kubeconfig tells who works where, so it is kept secret like its content. */
function fromEnvironment(variable: string): pulumi.Output<string> | undefined {
    const value = process.env[variable];
    return value === undefined || value === "" ? undefined : pulumi.secret(value);
}

/** One mistake in words: the key, the value, what is allowed. */
function describe(issue: z.core.$ZodIssue, plain: Record<string, unknown>): string[] {
    const key = issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") {
        const known = settingsBelow(issue.path).join(", ");
        return issue.keys.map((name) => `${key}.${name}: no such setting; known are ${known}`);
    }
    if (issue.code === "invalid_key") {
        // What is wrong with the name of an entry stands one level deeper.
        const name = JSON.stringify(String(issue.path.at(-1)));
        const section = issue.path.slice(0, -1).map(String).join(".");
        return [`${section}: has an entry named ${name}; ${issue.issues[0]?.message ?? issue.message}`];
    }
    let value: unknown = plain;
    for (const step of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
    const hidden = issue.code === "custom" && issue.params?.secret === true;
    const shown = value === undefined ? "is missing" : hidden ? "is given" : `is ${shortened(JSON.stringify(value))}`;
    return [`${key}: ${shown}; ${issue.message}`];
}

/** A long list says no more than its beginning does. */
function shortened(text: string): string {
    return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}

/** Names of the settings directly below a path. */
function settingsBelow(path: readonly PropertyKey[]): string[] {
    let node: z.core.JSONSchema.BaseSchema | undefined = z.toJSONSchema(schema, { io: "input" });
    for (const step of path) {
        const next: unknown = typeof step === "number" ? node?.items : node?.properties?.[String(step)];
        node = isRecord(next) ? next : undefined;
    }
    return Object.keys(node?.properties ?? {});
}
