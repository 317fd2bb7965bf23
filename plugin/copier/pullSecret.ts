import { isStatus, type ApiServer, type KubeObject } from "./apiServer.ts";
import { addEntry, removeEntry } from "./serviceAccount.ts";

/** Label that says which site a pull secret belongs to. */
export const ownerLabel = "siteregistry.dev/owner";
/** Label that says what keeps a pull secret: the engine for named or selected namespaces, or the copier for all. */
export const keeperLabel = "siteregistry.dev/keeper";
/** Annotation with the ServiceAccounts that were given the secret, so that they can be found again. */
export const accountsAnnotation = "siteregistry.dev/service-accounts";
/** Annotation with the keys of the labels that are the site's own, so that those it no longer wants can go. */
const siteLabelsAnnotation = "siteregistry.dev/site-labels";

/** Who keeps a pull secret. */
export type Keeper = "list" | "selection" | "copier";

/** A pull secret as it shall be in every namespace of its kind. */
export interface PullSecret {
    /** Name of the Secret. */
    readonly name: string;
    /** The site: no other site of the cluster has the same. */
    readonly owner: string;
    readonly keeper: Keeper;
    /** Docker client configuration. */
    readonly dockerconfigjson: string;
    /** ServiceAccounts that hand the secret to their pods. */
    readonly serviceAccounts: readonly string[];
    /** Labels of the site's own. They tell nothing. Default: none. */
    readonly siteLabels?: Readonly<Record<string, string>> | undefined;
}

/** A Secret of that name which this site did not make. It is never overwritten. */
export class ForeignSecret extends Error {
    constructor(namespace: string, name: string) {
        super(
            `the namespace ${namespace} already has a Secret ${name} that this stack did not make: it is left alone; ` +
                "remove it, choose another registry.pullSecret.name, or exclude the namespace",
        );
    }
}

const type = "kubernetes.io/dockerconfigjson";

/** Whether a Secret was made by this site, by whatever keeper. */
export function isOwned(secret: KubeObject, owner: string): boolean {
    return secret.metadata.labels?.[ownerLabel] === owner;
}

/** Whether a Secret was made by this site for that keeper. */
export function isKeptBy(secret: KubeObject, { owner, keeper }: Pick<PullSecret, "owner" | "keeper">): boolean {
    return isOwned(secret, owner) && secret.metadata.labels?.[keeperLabel] === keeper;
}

/** The Docker client configuration that a Secret carries. Empty where there is none. */
export function credentialOf(secret: KubeObject | undefined): string {
    const data = secret?.data as Record<string, string> | undefined;
    return Buffer.from(data?.[".dockerconfigjson"] ?? "", "base64").toString();
}

/** Whether a Secret is as it shall be. */
export function isRight(secret: KubeObject, wanted: PullSecret): boolean {
    return (
        isKeptBy(secret, wanted) &&
        secret.metadata.annotations?.[accountsAnnotation] === recorded(secret, wanted).join(",") &&
        hasSiteLabels(secret, wanted.siteLabels) &&
        credentialOf(secret) === wanted.dockerconfigjson
    );
}

/** Whether a Secret carries these labels, and none that the site wanted once. */
export function hasSiteLabels(secret: KubeObject | undefined, wanted: PullSecret["siteLabels"] = {}): boolean {
    const keys = Object.keys(wanted).sort();
    const { labels = {}, annotations = {} } = secret?.metadata ?? {};
    return (
        (annotations[siteLabelsAnnotation] ?? "") === keys.join(",") && keys.every((key) => labels[key] === wanted[key])
    );
}

/** ServiceAccounts that a Secret says it was given to. */
export function accountsOf(secret: KubeObject): string[] {
    return (secret.metadata.annotations?.[accountsAnnotation] ?? "").split(",").filter(Boolean);
}

/**
 * The accounts that the Secret shall say it was given to. The copier has no right to those it is no longer told of: it leaves them
 * there for the engine to take back.
 */
function recorded(found: KubeObject | undefined, { keeper, serviceAccounts }: PullSecret): string[] {
    const before = found === undefined || keeper !== "copier" ? [] : accountsOf(found);
    return [...new Set([...before, ...serviceAccounts])];
}

/**
 * Sees to it that the namespace has the Secret and that its ServiceAccounts have the entry. The engine takes back the entries of
 * accounts that are no longer named as well. Returns the accounts that are not there (yet). Throws {@link ForeignSecret} where the name is taken.
 */
export async function putPullSecret(
    api: ApiServer,
    namespace: string,
    wanted: PullSecret,
    mayExist = true,
): Promise<string[]> {
    if (!(await writeSecret(api, namespace, wanted, mayExist))) return [];
    const missing: string[] = [];
    for (const account of wanted.serviceAccounts) {
        if (!(await addEntry(api, namespace, account, wanted.name))) missing.push(account);
    }
    return missing;
}

/** Removes the Secret, if this site made it for that keeper, and the entries of the ServiceAccounts it was given to. */
export async function removePullSecret(
    api: ApiServer,
    namespace: string,
    ours: Pick<PullSecret, "name" | "owner" | "keeper">,
): Promise<void> {
    const { name } = ours;
    const path = `${secretsPath(namespace)}/${name}`;
    const found = await api.get(path);
    if (found === undefined || !isKeptBy(found, ours)) return;
    for (const account of accountsOf(found)) await removeEntry(api, namespace, account, name);
    try {
        await api.send("DELETE", path, { preconditions: { uid: found.metadata.uid } });
    } catch (error) {
        // Gone, or another one by now: then it is not ours.
        if (!isStatus(error, 404) && !isStatus(error, 409)) throw error;
    }
}

/** Takes the secret back from one ServiceAccount, where this site's Secret says that it was given to it. */
export async function takeBack(
    api: ApiServer,
    namespace: string,
    account: string,
    ours: Pick<PullSecret, "name" | "owner" | "keeper">,
): Promise<void> {
    const { name } = ours;
    const path = `${secretsPath(namespace)}/${name}`;
    for (;;) {
        const found = await api.get(path);
        if (found === undefined || !isKeptBy(found, ours)) return;
        const accounts = accountsOf(found);
        if (!accounts.includes(account)) return;
        await removeEntry(api, namespace, account, name);
        const annotations = {
            ...found.metadata.annotations,
            [accountsAnnotation]: accounts.filter((one) => one !== account).join(","),
        };
        try {
            await api.send("PUT", path, { ...found, metadata: { ...found.metadata, annotations } });
            return;
        } catch (error) {
            if (isStatus(error, 404)) return;
            if (!isStatus(error, 409)) throw error;
        }
    }
}

/** Path of the Secrets of a namespace. */
export function secretsPath(namespace: string): string {
    return `/api/v1/namespaces/${namespace}/secrets`;
}

/** Returns whether the Secret is the keeper's. The copier leaves what the engine keeps, or the two would take it in turns. */
async function writeSecret(api: ApiServer, namespace: string, wanted: PullSecret, mayExist: boolean): Promise<boolean> {
    const path = secretsPath(namespace);
    for (let look = mayExist; ; look = true) {
        const found = look ? await api.get(`${path}/${wanted.name}`) : undefined;
        if (found !== undefined && !isOwned(found, wanted.owner)) throw new ForeignSecret(namespace, wanted.name);
        if (found !== undefined && wanted.keeper === "copier" && !isKeptBy(found, wanted)) return false;
        if (found !== undefined && isRight(found, wanted)) return true;
        try {
            if (found === undefined) {
                await api.send("POST", path, secretOf(namespace, wanted, recorded(undefined, wanted)));
                return true;
            }
            // The annotation is the only trace of these entries, so they go before it does.
            const kept = recorded(found, wanted);
            for (const account of accountsOf(found)) {
                if (!kept.includes(account)) await removeEntry(api, namespace, account, wanted.name);
            }
            const { metadata, data } = secretOf(namespace, wanted, kept);
            await api.send("PUT", `${path}/${wanted.name}`, {
                ...found,
                data,
                metadata: {
                    ...found.metadata,
                    labels: { ...without(found.metadata.labels, siteLabelsOf(found)), ...metadata.labels },
                    annotations: {
                        ...without(found.metadata.annotations, [siteLabelsAnnotation]),
                        ...metadata.annotations,
                    },
                },
            });
            return true;
        } catch (error) {
            if (!isStatus(error, 409)) throw error; // made or changed meanwhile: look again
        }
        await api.pause(20);
    }
}

function siteLabelsOf(secret: KubeObject): string[] {
    return (secret.metadata.annotations?.[siteLabelsAnnotation] ?? "").split(",");
}

function without(values: Record<string, string> = {}, keys: readonly string[]): Record<string, string> {
    return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)));
}

/** The Secret as it is made in a namespace. `accounts` are the ServiceAccounts that it says it was given to. */
export function secretOf(namespace: string, wanted: PullSecret, accounts: readonly string[]): KubeObject {
    const siteKeys = Object.keys(wanted.siteLabels ?? {}).sort();
    return {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
            name: wanted.name,
            namespace,
            labels: {
                ...wanted.siteLabels,
                "app.kubernetes.io/name": "siteregistry",
                "app.kubernetes.io/component": "pull",
                "app.kubernetes.io/managed-by": "siteregistry",
                [ownerLabel]: wanted.owner,
                [keeperLabel]: wanted.keeper,
            },
            annotations: {
                [accountsAnnotation]: accounts.join(","),
                ...(siteKeys.length === 0 ? {} : { [siteLabelsAnnotation]: siteKeys.join(",") }),
            },
        },
        type,
        data: { ".dockerconfigjson": Buffer.from(wanted.dockerconfigjson).toString("base64") },
    };
}
