import { unableToReadFiles } from "./nodeTrust.ts";
import { isRecord } from "./record.ts";
import type { PlainSettings } from "./schema.ts";

/** What a node logs in with. */
export interface NodeCredential {
    /** Login name. */
    readonly user: string;
    /** Its password. */
    readonly password: string;
}

const members = ["user", "password"];

/** The hosts that the key `nodeCredentials` has logins for. Plain, because they decide what is made. */
export function nodeCredentialHosts(given: unknown): string[] {
    return isRecord(given) ? Object.keys(given) : [];
}

/** Every mistake in the logins of nodes, none of which shows one. `given` is undefined where there is no such key. */
export function checkNodeCredentials(given: unknown, settings: PlainSettings | undefined): string[] {
    if (given === undefined) return [];
    const remedy = `set each with: npx pulumi config set --secret --path 'nodeCredentials["<host>"].password'`;
    if (!isRecord(given)) return [`nodeCredentials: must map hosts to user and password; ${remedy}`];
    const problems = Object.entries(given).flatMap(([host, login]) =>
        loginProblems(`nodeCredentials.${host}`, login, remedy),
    );
    return settings === undefined ? problems : [...problems, ...useProblems(given, settings)];
}

function loginProblems(key: string, login: unknown, remedy: string): string[] {
    const one = isRecord(login) ? login : {};
    return [
        ...Object.keys(one)
            .filter((name) => !members.includes(name))
            .map((name) => `${key}: has ${JSON.stringify(name)}; known are ${members.join(", ")}`),
        ...members
            .filter((name) => typeof one[name] !== "string" || one[name] === "")
            .map((name) => `${key}.${name}: must be a text that is not empty; ${remedy}`),
        // It is the colon that ends the name in what is sent.
        ...(String(one.user).includes(":") ? [`${key}.user: holds a colon, which no login name may`] : []),
    ];
}

function useProblems(given: Record<string, unknown>, { registry, nodeTrust }: PlainSettings): string[] {
    if (nodeTrust === undefined) return ["nodeCredentials: there is no `nodeTrust` section: remove the key, or add it"];
    if (nodeTrust.mode === "systemStore")
        return ["nodeCredentials: nodeTrust.mode is systemStore, which says nothing of logins: remove the key"];
    const hosts = registry === undefined ? [] : [registry.host, ...registry.extraHosts];
    return [
        ...Object.keys(given)
            .filter((host) => !hosts.includes(host))
            .map((host) => `nodeCredentials.${host}: no such host; the registry has ${hosts.join(", ") || "none"}`),
        ...unableToReadFiles(nodeTrust).map(
            ({ who, runtime }) =>
                `nodeCredentials: ${who} has ${runtime}, which takes no login from files like these: remove the key and use pull secrets`,
        ),
    ];
}
