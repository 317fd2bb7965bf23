import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import type { Connection } from "../../plugin/registry/transport.ts";

/** What regctl's file says of one registry. */
type RegctlHost = Readonly<Record<string, unknown>>;

/** Of a registry in regctl's file, what can be understood here, and what makes no difference to a question. */
const understood = new Set(["tls", "regcert", "user", "pass", "hostname", "name"]);
const indifferent = new Set(["apiOpts", "blobChunk", "blobMax", "reqPerSec", "reqConcurrent", "repoAuth"]);

/** Docker's own name for the login at Docker Hub. */
const dockersHub = "https://index.docker.io/v1/";
const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/**
 * How a registry is asked a question without starting regctl: by what regctl's file or else Docker's says of it. Undefined where they
 * say more than is understood here, such as a program that holds the login; then regctl has to ask.
 */
export function accessTo(registry: string): Connection | undefined {
    if (proxies.some((name) => (process.env[name] ?? "") !== "")) return undefined;
    const certificates = ["/etc/docker/certs.d", join(homedir(), ".docker", "certs.d")];
    if (certificates.some((folder) => existsSync(join(folder, registry)))) return undefined;
    const regctl = readObject(process.env.REGCTL_CONFIG ?? join(homedir(), ".regctl", "config.json"));
    if (regctl === undefined || regctl.hostDefault !== undefined || regctl.incDockerCred === false) return undefined;
    const host = ((regctl.hosts ?? {}) as Record<string, RegctlHost>)[registry] ?? {};
    const given = Object.entries(host).filter(([key, value]) => !indifferent.has(key) && !isEmpty(value));
    if (given.some(([key]) => !understood.has(key))) return undefined;
    const { tls, regcert, user, pass, hostname = registry } = Object.fromEntries(given) as Record<string, string>;
    const login = user === undefined ? dockersLogin(registry) : { username: user, password: pass };
    if (login === undefined) return undefined;
    return {
        url: `${tls === "disabled" ? "http" : "https"}://${hostname}`,
        insecure: tls === "insecure",
        ...(regcert === undefined ? {} : { caBundle: regcert }),
        ...login,
    };
}

/** A login of Docker's file; nothing in it where there is none. Undefined where another program has it. */
function dockersLogin(registry: string): { username?: string; password?: string } | undefined {
    const docker = readObject(join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json"));
    if (docker === undefined) return undefined;
    const key = registry === "docker.io" ? dockersHub : registry;
    const helpers = (docker.credHelpers ?? {}) as Record<string, string>;
    if (!isEmpty(docker.credsStore) || helpers[registry] !== undefined || helpers[key] !== undefined) return undefined;
    const { auth, identitytoken } = ((docker.auths ?? {}) as Record<string, Record<string, string>>)[key] ?? {};
    if (!isEmpty(identitytoken)) return undefined;
    if (auth === undefined || auth === "") return {};
    const [username = "", ...password] = Buffer.from(auth, "base64").toString().split(":");
    return { username, password: password.join(":") };
}

/** What a file holds; an empty object where it is not there, undefined where it cannot be understood. */
function readObject(path: string): Record<string, unknown> | undefined {
    if (!existsSync(path)) return {};
    try {
        return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    } catch {
        return undefined;
    }
}

function isEmpty(value: unknown): boolean {
    return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
