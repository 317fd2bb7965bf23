import * as pulumi from "@pulumi/pulumi";

import type { TrustedRegistryArgs } from "../components/nodeTrust/nodeCaTrustArgs.ts";
import { SitePullSecrets } from "../components/sitePullSecrets.ts";
import type { Settings } from "../settings.ts";
import { stackOutputs } from "../settings/lastRun.ts";
import { isRecord } from "../settings/record.ts";
import type { SitePart } from "../settings/schema/sites.ts";

type SiteSettings = Settings["sites"][number];

/** A registry of another site, as that site's stack tells of it. */
export interface OtherSite {
    /** As image references name it, `host` or `host:port`. Plain, because it is a path on nodes. */
    readonly host: string;
    /** `http(s)://host[:port]`. */
    readonly url: string;
    /** Roots that sign its certificate, PEM. Undefined where it tells of none. */
    readonly caBundle: pulumi.Output<string> | undefined;
    /** A user, or a robot by its name, as it logs in there. The password is secret. */
    readonly login: (user: string) => SiteLogin;
}

/** What somebody logs in with at another site. */
export interface SiteLogin {
    readonly user: pulumi.Output<string>;
    readonly password: pulumi.Output<string>;
}

/** The other sites of the settings, by name. */
export type OtherSites = Readonly<Record<string, OtherSite>>;

/** The outputs by which a stack tells of each of its registries: where it is, its roots, and by user or robot the logins. */
const outputNames: Readonly<Record<SitePart, { host: string; caBundle: string; users?: string; passwords: string }>> = {
    registry: { host: "host", caBundle: "caBundle", passwords: "passwords" },
    harbor: { host: "harborUrl", caBundle: "harborCaBundle", users: "robotLogins", passwords: "robotSecrets" },
    quay: { host: "quayHost", caBundle: "quayCaBundle", passwords: "quayRobotTokens" },
};

/**
 * The other sites of the settings, by stack references. Throws one `RunError` that names by key each stack that cannot be read and
 * each output that one lacks, before anything is made.
 */
export async function readSites(settings: Settings): Promise<OtherSites> {
    const told = await Promise.all(settings.sites.map(({ stack }) => stackOutputs(stack).catch(reasonOf)));
    const problems = settings.sites.flatMap((site, index) =>
        problemsOf(site, told[index], wantedOf(site, settings)).map((text) => `sites.${index.toString()}.${text}`),
    );
    if (problems.length > 0)
        throw new pulumi.RunError(`other sites do not tell what this stack wants of them:\n  ${problems.join("\n  ")}`);
    const references = new Map<string, pulumi.StackReference>();
    return Object.fromEntries(
        settings.sites.map((site, index) => {
            const { stack } = site;
            const reference = references.get(stack) ?? new pulumi.StackReference(stack);
            references.set(stack, reference);
            return [site.name, siteOf(site, told[index] as Record<string, unknown>, reference)];
        }),
    );
}

/** What the settings want of a site besides its host. */
interface Wanted {
    readonly caBundle: boolean;
    readonly users: readonly string[];
}

function wantedOf({ name, trust, pullSecret }: SiteSettings, { nodeTrust, harbor }: Settings): Wanted {
    const mirrored = nodeTrust?.mirrors.some(({ site }) => site === name) === true;
    const endpoints = harbor?.endpoints.filter(({ site }) => site === name) ?? [];
    const users = [pullSecret?.user, ...endpoints.map(({ accessKey }) => accessKey)];
    return { caBundle: trust || mirrored, users: users.filter((user) => user !== undefined) };
}

/** What is missing, without ever showing what is there. `told` is a text where the stack cannot be read. */
function problemsOf(
    { stack, part }: SiteSettings,
    told: Record<string, unknown> | string | undefined,
    wanted: Wanted,
): string[] {
    if (told === undefined || typeof told === "string")
        return [
            `stack: is ${JSON.stringify(stack)}, which cannot be read: ${told ?? ""}; allowed is a stack of this backend`,
        ];
    const { host, caBundle, passwords } = outputNames[part];
    const lacks = (output: string): string =>
        `stack: ${stack} has no output ${output}; bring it up with a section for part ${part}, or name another part`;
    const known = Object.keys(recordOf(told[passwords]));
    return [
        ...(textOf(told[host]) === "" ? [lacks(host)] : []),
        ...(wanted.caBundle && textOf(told[caBundle]) === "" ? [lacks(caBundle)] : []),
        ...wanted.users
            .filter((user) => !known.includes(user))
            .map(
                (user) =>
                    `stack: ${stack} has no login ${user} in its output ${passwords}; known are ${known.join(", ") || "none"}`,
            ),
    ];
}

function siteOf({ part }: SiteSettings, told: Record<string, unknown>, reference: pulumi.StackReference): OtherSite {
    const names = outputNames[part];
    const place = textOf(told[names.host]);
    const url = place.includes("://") ? place : `https://${place}`;
    const text = (output: string): pulumi.Output<string> => reference.requireOutput(output).apply(String);
    const ofUser = (output: string, user: string): pulumi.Output<string> =>
        reference.requireOutput(output).apply((all: Record<string, string>) => all[user] ?? "");
    return {
        ...{ host: new URL(url).host, url },
        caBundle: textOf(told[names.caBundle]) === "" ? undefined : text(names.caBundle),
        login: (user) => ({
            user: names.users === undefined ? pulumi.output(user) : ofUser(names.users, user),
            password: pulumi.secret(ofUser(names.passwords, user)),
        }),
    };
}

/** The registries of other sites that nodes and machines trust. */
export function trustedSites({ sites }: Settings, others: OtherSites): TrustedRegistryArgs[] {
    return sites
        .filter(({ trust }) => trust)
        .flatMap(({ name }) => {
            const { host, url, caBundle } = siteNamed(others, name);
            return caBundle === undefined ? [] : [{ host, url, caBundle }];
        });
}

/** Logins at other sites for the pods of this one. */
export function buildSitePullSecrets(
    { sites }: Settings,
    others: OtherSites,
    providers: pulumi.ProviderResource[],
): void {
    for (const { name, pullSecret } of sites) {
        if (pullSecret === undefined) continue;
        const { host, login } = siteNamed(others, name);
        const { name: objectName, namespaces, user } = pullSecret;
        new SitePullSecrets(`site-${name}`, { host, ...login(user), objectName, namespaces }, { providers });
    }
}

/** The site of that name, which the settings have checked. */
export function siteNamed(others: OtherSites, name: string): OtherSite {
    const found = others[name];
    if (found === undefined) throw new Error(`nobody has read what the site ${name} tells: readSites does`);
    return found;
}

function reasonOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

/** What a stack's output says, which may be marked as secret. */
function plain(output: unknown): unknown {
    return pulumi.runtime.unwrapRpcSecret(output);
}

function textOf(output: unknown): string {
    const value = plain(output);
    return typeof value === "string" ? value : "";
}

function recordOf(output: unknown): Record<string, unknown> {
    const value = plain(output);
    return isRecord(value) ? value : {};
}
