import { accountPath, addEntry, hasEntry, removeEntry } from "../copier/serviceAccount.ts";
import type { ApiServer } from "../copier/apiServer.ts";
import type { Properties } from "../properties.ts";
import { textsMissing, type Resource } from "../resource.ts";

/** How long a ServiceAccount may take to appear: a controller makes `default` a moment after its namespace. */
const appearMs = 30_000;
const keys = ["namespace", "serviceAccount", "secretName"] as const;

type Entry = Record<(typeof keys)[number], string>;

/** One entry in the `imagePullSecrets` of a ServiceAccount. The account itself belongs to somebody else. */
export const serviceAccountPullSecret: Resource = {
    type: "siteregistry:index:ServiceAccountPullSecret",
    secrets: [],
    identity: keys,
    check: (inputs) => Promise.resolve({ inputs, failures: textsMissing(inputs, keys) }),
    async create(inputs, session) {
        const entry = entryOf(inputs);
        await addOnceThere(await session.api(), entry);
        return { id: idOf(entry), state: { ...entry } };
    },
    async read(id, state, session) {
        const entry = Object.keys(state).length > 0 ? entryOf(state) : entryOfId(id);
        const account = await (await session.api()).get(accountPath(entry.namespace, entry.serviceAccount));
        return account !== undefined && hasEntry(account, entry.secretName) ? { ...entry } : undefined;
    },
    update: (_, inputs) => Promise.resolve(inputs), // every input is its identity
    async delete(state, session) {
        const { namespace, serviceAccount, secretName } = entryOf(state);
        await removeEntry(await session.api(), namespace, serviceAccount, secretName);
    },
};

async function addOnceThere(api: ApiServer, { namespace, serviceAccount, secretName }: Entry): Promise<void> {
    const until = Date.now() + appearMs;
    while (!(await addEntry(api, namespace, serviceAccount, secretName))) {
        if (Date.now() > until) {
            throw new Error(
                `the namespace ${namespace} has no ServiceAccount ${serviceAccount}, and none came in ` +
                    `${(appearMs / 1000).toString()} s: make it, or take it out of registry.pullSecret.serviceAccounts`,
            );
        }
        await api.pause(200);
    }
}

function entryOf(properties: Properties): Entry {
    return Object.fromEntries(keys.map((key) => [key, properties[key]])) as Entry;
}

function idOf({ namespace, serviceAccount, secretName }: Entry): string {
    return `${namespace}/${serviceAccount}/${secretName}`;
}

function entryOfId(id: string): Entry {
    const [namespace = "", serviceAccount = "", secretName = "", ...rest] = id.split("/");
    if (secretName === "" || rest.length > 0) {
        throw new Error(`the id ${id} is none: it is <namespace>/<service account>/<name of the secret>`);
    }
    return { namespace, serviceAccount, secretName };
}
