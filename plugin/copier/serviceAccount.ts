import { isStatus, type ApiServer, type KubeObject } from "./apiServer.ts";

/** How long a lost race is run again: a controller that rewrites the list in a loop leaves gaps. */
const raceMs = 30_000;

interface Entry {
    name?: string;
}

/** Whether the ServiceAccount hands this pull secret to its pods. */
export function hasEntry(account: KubeObject, secretName: string): boolean {
    return entriesOf(account).some((entry) => entry.name === secretName);
}

/**
 * Adds one entry to the ServiceAccount's `imagePullSecrets`, and leaves the others as they are.
 * The object is read, changed and put back under its resourceVersion: whoever else writes the list meanwhile wins, and this is
 * done again. Never an apply or a patch, since the list is atomic there and would lose the entries of others.
 * Returns whether the account was there.
 */
export async function addEntry(
    api: ApiServer,
    namespace: string,
    account: string,
    secretName: string,
): Promise<boolean> {
    return rewrite(api, namespace, account, (found) =>
        hasEntry(found, secretName) ? undefined : [...entriesOf(found), { name: secretName }],
    );
}

/** Removes that entry and no other. An account that is not there has none. */
export async function removeEntry(
    api: ApiServer,
    namespace: string,
    account: string,
    secretName: string,
): Promise<void> {
    await rewrite(api, namespace, account, (found) =>
        hasEntry(found, secretName) ? entriesOf(found).filter((entry) => entry.name !== secretName) : undefined,
    );
}

/** Path of a ServiceAccount. */
export function accountPath(namespace: string, account: string): string {
    return `/api/v1/namespaces/${namespace}/serviceaccounts/${account}`;
}

/** Returns whether the account is there. `change` gives the new list, or undefined where the old one is right. */
async function rewrite(
    api: ApiServer,
    namespace: string,
    account: string,
    change: (found: KubeObject) => Entry[] | undefined,
): Promise<boolean> {
    const path = accountPath(namespace, account);
    const until = Date.now() + raceMs;
    for (let attempt = 0; ; attempt += 1) {
        const found = await api.get(path);
        if (found === undefined) return false;
        const entries = change(found);
        if (entries === undefined) return true;
        try {
            await api.send("PUT", path, { ...found, imagePullSecrets: entries });
            return true;
        } catch (error) {
            if (isStatus(error, 404)) return false;
            if (!isStatus(error, 409) || Date.now() > until) throw error;
        }
        // Two that step on each other must not do so in step.
        await api.pause(Math.random() * Math.min(1_000, 20 * 2 ** attempt));
    }
}

function entriesOf(account: KubeObject): Entry[] {
    return Array.isArray(account.imagePullSecrets) ? (account.imagePullSecrets as Entry[]) : [];
}
