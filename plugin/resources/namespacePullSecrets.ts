import type { ApiServer } from "../copier/apiServer.ts";
import {
    hasSiteLabels,
    isOwned,
    keeperLabel,
    ownerLabel,
    putPullSecret,
    removePullSecret,
    type PullSecret,
} from "../copier/pullSecret.ts";
import { hasEntry } from "../copier/serviceAccount.ts";
import { eachOf } from "../eachOf.ts";
import { isUnknown } from "../properties.ts";
import { PartlyDone, textsMissing, type Checked, type Resource, type Session } from "../resource.ts";

/** Pull secrets in every namespace that carries some labels. */
interface Selection {
    /** Labels that a namespace must carry, all of them. */
    selector: Record<string, string>;
    /** Namespaces left out although they carry them. */
    excludedNamespaces: string[];
    /** Whether it is right that none matches any more. */
    allowNoMatch: boolean;
    secretName: string;
    /** The site, as a label's value. */
    owner: string;
    /** Secret. */
    dockerconfigjson: string;
    serviceAccounts: string[];
    /** Further labels for the Secrets. Default: none. */
    siteLabels?: Record<string, string>;
    /** The namespaces that matched. Looked up, never given. */
    namespaces: string[];
}

/** `default` comes a moment after its namespace; how long it may take. */
const appearMs = 30_000;
const perNamespace = 8;

export const namespacePullSecrets: Resource = {
    type: "siteregistry:index:NamespacePullSecrets",
    secrets: ["dockerconfigjson"],
    identity: ["owner", "secretName"],

    async check(inputs, before, session): Promise<Checked> {
        const failures = textsMissing(inputs, ["owner", "secretName", "dockerconfigjson"]);
        const { selector } = inputs as Partial<Selection>;
        if (typeof selector !== "object" || (!isUnknown(selector) && Object.keys(selector).length === 0)) {
            failures.push({ property: "selector", reason: "is empty; it must name at least one label" });
        }
        if (failures.length > 0) return { inputs, failures };
        if (isUnknown(selector) || isUnknown(inputs.excludedNamespaces)) {
            throw new Error("selector and excludedNamespaces must be known before anything is made");
        }
        const given = inputs as unknown as Selection;
        const namespaces = await lookUp(await session.api(), given);
        const known = (before?.namespaces as string[] | undefined) ?? [];
        if (namespaces.length === 0 && known.length > 0 && !given.allowNoMatch) {
            const labels = Object.entries(given.selector).map(([key, value]) => `${key}=${value}`);
            const reason =
                `no namespace carries ${labels.join(", ")} any more, and ${known.length.toString()} did (${shown(known)}): ` +
                "nothing is touched, since a lookup that finds nothing may be a mistake; " +
                "label them again, or set registry.pullSecret.allowNoMatch to true to take the secrets back";
            return { inputs, failures: [{ property: "selector", reason }] };
        }
        return { inputs: { ...inputs, namespaces } };
    },

    async create(inputs, session) {
        const selection = inputs as unknown as Selection;
        const id = `${selection.owner}/${selection.secretName}`;
        await apply(id, selection, [], session);
        return { id, state: inputs };
    },

    async update(before, inputs, session) {
        const selection = inputs as unknown as Selection;
        const id = `${selection.owner}/${selection.secretName}`;
        await apply(id, selection, (before.namespaces as string[] | undefined) ?? [], session);
        return inputs;
    },

    /** One request for all Secrets, one for each ServiceAccount's name. What differs in a namespace takes it off the list. */
    async read(id, state, session) {
        if (Object.keys(state).length === 0) {
            throw new Error(`${id} cannot be imported: a credential cannot be read back; let \`up\` make it anew`);
        }
        const selection = state as unknown as Selection;
        const api = await session.api();
        const ours = await ownSecrets(api, selection);
        const holders = new Map<string, Set<string>>();
        for (const account of selection.serviceAccounts) {
            const found = await api.list("/api/v1/serviceaccounts", { fieldSelector: `metadata.name=${account}` });
            const having = found.items.filter((one) => hasEntry(one, selection.secretName));
            const absent = new Set(found.items.map((one) => one.metadata.namespace));
            const namespaces = selection.namespaces.filter((one) => !absent.has(one));
            holders.set(account, new Set([...namespaces, ...having.map((one) => one.metadata.namespace ?? "")]));
        }
        const encoded = Buffer.from(selection.dockerconfigjson).toString("base64");
        const namespaces = selection.namespaces.filter((namespace) => {
            const secret = ours.get(namespace);
            const data = secret?.data as Record<string, string> | undefined;
            return (
                hasSiteLabels(secret, selection.siteLabels) &&
                data?.[".dockerconfigjson"] === encoded &&
                selection.serviceAccounts.every((account) => holders.get(account)?.has(namespace))
            );
        });
        return { ...state, namespaces };
    },

    /** By the owner's label and not by the list, so that what a killed run left behind goes as well. */
    async delete(state, session) {
        const selection = state as unknown as Selection;
        const api = await session.api();
        const wanted = pullSecretOf(selection);
        const ours = await ownSecrets(api, selection);
        const failed = await eachOf([...ours.keys()], perNamespace, (namespace) =>
            removePullSecret(api, namespace, wanted),
        );
        if (failed.size > 0) throw new Error(`pull secrets could not be removed: ${told(failed)}`);
    },
};

async function apply(id: string, selection: Selection, before: readonly string[], session: Session): Promise<void> {
    const api = await session.api();
    const wanted = pullSecretOf(selection);
    const { namespaces } = selection;
    const ours = await ownSecrets(api, selection);
    const surplus = [...new Set([...before, ...ours.keys()])].filter((one) => !namespaces.includes(one));
    const failed = await eachOf(namespaces, perNamespace, (namespace) =>
        put(api, namespace, wanted, ours.has(namespace), session),
    );
    const stuck = await eachOf(surplus, perNamespace, (namespace) => removePullSecret(api, namespace, wanted));
    if (failed.size + stuck.size === 0) return;
    const there = [...namespaces.filter((one) => !failed.has(one)), ...stuck.keys()].sort();
    const message = `pull secrets are not everywhere as they shall be: ${told(new Map([...failed, ...stuck]))}`;
    throw new PartlyDone(message, { id, state: { ...selection, namespaces: there } });
}

async function put(
    api: ApiServer,
    namespace: string,
    wanted: PullSecret,
    mayExist: boolean,
    session: Session,
): Promise<void> {
    const until = Date.now() + appearMs;
    for (;;) {
        const missing = await putPullSecret(api, namespace, wanted, mayExist);
        if (missing.length === 0) return;
        if (!missing.includes("default")) {
            session.warn(
                `${namespace} has no ServiceAccount ${missing.join(", ")}: its pods must name the secret themselves`,
            );
            return;
        }
        if (Date.now() > until) throw new Error(`the namespace ${namespace} has no ServiceAccount default`);
        await api.pause(200);
    }
}

/** Names of the namespaces that match and are not on their way out. One request for each 500. */
async function lookUp(api: ApiServer, { selector, excludedNamespaces }: Selection): Promise<string[]> {
    const labelSelector = Object.entries(selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
    let found;
    try {
        found = await api.list("/api/v1/namespaces", { labelSelector }, true);
    } catch (error) {
        throw new Error(
            `the namespaces with ${labelSelector} cannot be looked up, so nothing is changed: ${(error as Error).message}`,
            { cause: error },
        );
    }
    return found.items
        .filter((one) => one.metadata.deletionTimestamp === undefined)
        .map((one) => one.metadata.name)
        .filter((name) => !excludedNamespaces.includes(name))
        .sort();
}

/** This site's Secrets of that name that a selection keeps, by namespace. */
async function ownSecrets(api: ApiServer, { owner, secretName }: Selection) {
    const { items } = await api.list("/api/v1/secrets", {
        labelSelector: `${ownerLabel}=${owner},${keeperLabel}=selection`,
        fieldSelector: `metadata.name=${secretName}`,
    });
    return new Map(
        items.filter((one) => isOwned(one, owner)).map((one) => [one.metadata.namespace ?? "", one] as const),
    );
}

function pullSecretOf(selection: Selection): PullSecret {
    const { secretName: name, owner, dockerconfigjson, serviceAccounts, siteLabels } = selection;
    return { name, owner, keeper: "selection", dockerconfigjson, serviceAccounts, siteLabels };
}

function told(failed: ReadonlyMap<string, Error>): string {
    const lines = [...failed].map(([namespace, error]) => `${namespace}: ${error.message}`);
    const more = lines.length > 10 ? [`and ${(lines.length - 10).toString()} more`] : [];
    return [...lines.slice(0, 10), ...more].join("; ");
}

function shown(names: readonly string[]): string {
    return names.length > 5 ? `${names.slice(0, 5).join(", ")}, …` : names.join(", ");
}
