import { shortHash } from "../kubernetes/checksum.ts";
import { hostsToml, ownUrl, type Place } from "./hostsToml.ts";
import { runtimes, type Runtime } from "./runtimes.ts";

/** A registry host that machines shall trust. */
export interface TrustedRegistry {
    /** Host as image references name it, `host[:port]`. */
    host: string;
    /** Where machines find it: `https://name-or-address[:port]`. */
    url: string;
    /** Roots to believe there, PEM, one or more. */
    caBundle: string;
}

/** A registry that machines ask in the place of another one. */
export interface Mirror {
    /** Host of the other one as image references name it, as `docker.io`. */
    upstream: string;
    /** Where machines find the mirror: `https://name-or-address[:port]`. */
    registry: string;
    /** Roots to believe there, PEM. Empty: those of the machine. */
    caBundle: string;
    /** Whether the upstream itself is asked for what the mirror has not got. */
    fallback: boolean;
    /** Repository of the mirror below which the upstream's images are. Default: they have the same names there. */
    path?: string | undefined;
}

/** What a machine logs in with where a pod brings no pull secret. */
export interface NodeCredential {
    /** Host as image references name it: of a trusted registry, or of a mirror's URL. */
    host: string;
    /** Login name. */
    user: string;
    /** Secret. */
    password: string;
}

/**
 * What shall be on a machine, text by absolute path, in no order that matters. Secret when there are credentials.
 * `owner` is the name of the trust. Throws where the runtime cannot do what is asked, or two things ask for one host;
 * no message holds a password.
 */
export function trustFiles(
    runtime: Runtime,
    registryDirectory: string,
    owner: string,
    registries: readonly TrustedRegistry[],
    mirrors: readonly Mirror[] = [],
    credentials: readonly NodeCredential[] = [],
): Record<string, string> {
    checkHosts(registries, mirrors);
    if (!runtimes[runtime].hostsToml) {
        refuseWithout(runtime, mirrors, credentials);
        // Docker, CRI-O and podman read every *.crt in a host's directory. A name of our own leaves those of others alone.
        return fromEntries(registries, ({ host, caBundle }) => ({
            [`${registryDirectory}/${host}/${owner}.crt`]: ended(caBundle),
        }));
    }
    checkCredentials(registries, mirrors, credentials);
    const authorizationOf = (...hosts: string[]): Pick<Place, "authorization"> => {
        const login = credentials.find(({ host }) => hosts.includes(host));
        return login === undefined ? {} : { authorization: basic(login) };
    };
    return {
        ...fromEntries(registries, ({ host, url, caBundle }) => {
            const ca = roots(caBundle);
            const place: Place = {
                ...{ url, capabilities: ["pull", "resolve", "push"], ca: Object.keys(ca) },
                ...authorizationOf(host),
            };
            return inFolder(`${registryDirectory}/${host}`, { ...ca, "hosts.toml": hostsToml([place], place) });
        }),
        ...fromEntries(mirrors, (mirror) => {
            const ca = roots(mirror.caBundle);
            const at = withoutSlash(mirror.registry);
            // A registry that is reached by its address has its login under the name that images have.
            const names = registries.filter(({ url }) => withoutSlash(url) === at).map(({ host }) => host);
            const place: Place = {
                url: mirror.path === undefined ? at : `${at}/v2/${mirror.path}`,
                ...{ capabilities: ["pull", "resolve"], ca: Object.keys(ca), overridePath: mirror.path !== undefined },
                ...authorizationOf(new URL(at).host, ...names),
            };
            const server = mirror.fallback ? ownUrl(mirror.upstream) : place;
            return inFolder(`${registryDirectory}/${mirror.upstream}`, {
                ...ca,
                "hosts.toml": hostsToml([place], server),
            });
        }),
    };
}

/**
 * A file that is named by what is in it: it stands beside files of others without disturbing them, and a hosts.toml never
 * names roots that are being changed.
 */
function roots(caBundle: string): Record<string, string> {
    return caBundle.trim() === "" ? {} : { [rootsFile(caBundle)]: ended(caBundle) };
}

/** Name of the file that holds these roots in a host's directory. */
export function rootsFile(caBundle: string): string {
    return `siteregistry-${shortHash(caBundle)}.crt`;
}

function withoutSlash(url: string): string {
    return url.replace(/\/+$/, "");
}

function ended(pem: string): string {
    return pem.endsWith("\n") ? pem : `${pem}\n`;
}

function basic({ user, password }: NodeCredential): string {
    return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function inFolder(folder: string, files: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

function fromEntries<T>(all: readonly T[], files: (one: T) => Record<string, string>): Record<string, string> {
    return Object.assign({}, ...all.map(files)) as Record<string, string>;
}

function checkHosts(registries: readonly TrustedRegistry[], mirrors: readonly Mirror[]): void {
    const hosts = [...registries.map(({ host }) => host), ...mirrors.map(({ upstream }) => upstream)];
    const twice = hosts.find((host, index) => hosts.indexOf(host) !== index);
    if (twice !== undefined) throw new Error(`${twice}: is named twice; a host has one file, trusted or mirrored`);
}

function checkCredentials(
    registries: readonly TrustedRegistry[],
    mirrors: readonly Mirror[],
    credentials: readonly NodeCredential[],
): void {
    const known = [...registries.map(({ host }) => host), ...mirrors.map(({ registry }) => new URL(registry).host)];
    const lost = credentials.find(({ host }) => !known.includes(host));
    if (lost !== undefined) throw new Error(`credentials of ${lost.host}: allowed are ${known.join(", ")}`);
}

function refuseWithout(runtime: Runtime, mirrors: readonly Mirror[], credentials: readonly NodeCredential[]): void {
    const [mirror] = mirrors;
    if (mirror !== undefined) {
        throw new Error(
            `mirror of ${mirror.upstream}: ${runtime} takes mirrors from its own configuration and a restart or reload; use containerd, k3s or rke2`,
        );
    }
    const [login] = credentials;
    if (login !== undefined) {
        throw new Error(
            `credentials of ${login.host}: ${runtime} takes them from a login file of its own user; use pull secrets, or containerd, k3s or rke2`,
        );
    }
}
