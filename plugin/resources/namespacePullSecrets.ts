import { isStatus, type ApiServer } from "../copier/apiServer.ts";
import {
    credentialOf,
    hasSiteLabels,
    isOwned,
    keeperLabel,
    ownerLabel,
    putPullSecret,
    removePullSecret,
    type Keeper,
    type PullSecret,
} from "../copier/pullSecret.ts";
import { hasEntry } from "../copier/serviceAccount.ts";
import { eachOf } from "../eachOf.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { PartlyDone, textsMissing, type Checked, type Failure, type Resource, type Session } from "../resource.ts";

/** Pull secrets in namespaces that are named, or in every one that carries some labels. */
interface Selection {
    /** Labels that a namespace must carry, all of them. Without it, the namespaces are named. */
    selector?: Record<string, string>;
    /** Namespaces left out although they carry them. Default: none. */
    excludedNamespaces?: string[];
    /** Whether it is right that none matches any more. Default: false. */
    allowNoMatch?: boolean;
    secretName: string;
    /** The site, as a label's value. */
    owner: string;
    /** Secret. */
    dockerconfigjson: string;
    serviceAccounts: string[];
    /** Further labels for the Secrets. Default: none. */
    siteLabels?: Record<string, string>;
    /** The namespaces: those that match, which are looked up, or those named. */
    namespaces: string[];
}

/** A selection whose namespaces are those that carry labels. */
type Labelled = Selection & Required<Pick<Selection, "selector">>;

/** A controller makes `default` a moment after its namespace; how long a ServiceAccount may take. */
const appearMs = 30_000;
const atOnce = 8;

export const namespacePullSecrets: Resource = {
    type: "siteregistry:index:NamespacePullSecrets",
    secrets: ["dockerconfigjson"],
    identity: ["owner", "secretName"],

    async check(inputs, before, session): Promise<Checked> {
        const failures = textsMissing(inputs, ["owner", "secretName", "dockerconfigjson"]);
        if (inputs.selector === undefined) return named(inputs, failures);
        const { selector } = inputs as Partial<Selection>;
        if (typeof selector !== "object" || (!isUnknown(selector) && Object.keys(selector).length === 0)) {
            failures.push({ property: "selector", reason: "is empty; it must name at least one label" });
        }
        if (inputs.namespaces !== undefined) {
            failures.push({
                property: "namespaces",
                reason: "are named, and a selector is given: leave one of the two out",
            });
        }
        if (failures.length > 0) return { inputs, failures };
        if (isUnknown(selector) || isUnknown(inputs.excludedNamespaces)) {
            throw new Error("selector and excludedNamespaces must be known before anything is made");
        }
        return labelled(inputs, (before?.namespaces as string[] | undefined) ?? [], session);
    },

    async create(inputs, session) {
        const selection = inputs as unknown as Selection;
        await apply(selection, [], session);
        return { id: idOf(selection), state: inputs };
    },

    async update(before, inputs, session) {
        await apply(inputs as unknown as Selection, (before.namespaces as string[] | undefined) ?? [], session);
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
        const namespaces = selection.namespaces.filter((namespace) => {
            const secret = ours.get(namespace);
            return (
                hasSiteLabels(secret, selection.siteLabels) &&
                credentialOf(secret) === selection.dockerconfigjson &&
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
        const failed = await eachOf([...ours.keys()], atOnce, (namespace) => removePullSecret(api, namespace, wanted));
        if (failed.size > 0) throw new Error(`pull secrets could not be removed: ${told(failed)}`);
    },
};

/** Names of namespaces as they are given, each once and in order, so that another order of the same is no change. */
function named(inputs: Properties, failures: Failure[]): Checked {
    const { namespaces } = inputs;
    const isName = (one: unknown): boolean => typeof one === "string" && one !== "";
    if (!isUnknown(namespaces) && !(Array.isArray(namespaces) && namespaces.every(isName))) {
        const reason = "is no list of names; name the namespaces, or give a selector";
        failures.push({ property: "namespaces", reason });
    }
    if (failures.length > 0 || isUnknown(namespaces)) return { inputs, failures };
    return { inputs: { ...inputs, namespaces: [...new Set(namespaces as string[])].sort() } };
}

/** The namespaces that carry the labels. None where there were some stops the run, unless that is said to be right. */
async function labelled(inputs: Properties, known: readonly string[], session: Session): Promise<Checked> {
    const given = inputs as unknown as Labelled;
    const namespaces = await lookUp(await session.api(), given);
    if (namespaces.length === 0 && known.length > 0 && given.allowNoMatch !== true) {
        const labels = Object.entries(given.selector).map(([key, value]) => `${key}=${value}`);
        const reason =
            `no namespace carries ${labels.join(", ")} any more, and ${known.length.toString()} did (${shown(known)}): ` +
            "nothing is touched, since a lookup that finds nothing may be a mistake; " +
            "label them again, or set registry.pullSecret.allowNoMatch to true to take the secrets back";
        return { inputs, failures: [{ property: "selector", reason }] };
    }
    return { inputs: { ...inputs, namespaces } };
}

async function apply(selection: Selection, before: readonly string[], session: Session): Promise<void> {
    const api = await session.api();
    const wanted = pullSecretOf(selection);
    const { namespaces } = selection;
    const ours = await ownSecrets(api, selection);
    const surplus = [...new Set([...before, ...ours.keys()])].filter((one) => !namespaces.includes(one));
    let over = 0;
    const failed = await eachOf(namespaces, atOnce, async (namespace) => {
        await put(api, namespace, wanted, ours.has(namespace), session);
        over += 1;
        if (over % 100 === 0) session.say(`${over.toString()} of ${namespaces.length.toString()} namespaces have it`);
    });
    const stuck = await eachOf(surplus, atOnce, (namespace) => removePullSecret(api, namespace, wanted));
    if (failed.size + stuck.size === 0) return;
    const there = [...namespaces.filter((one) => !failed.has(one)), ...stuck.keys()].sort();
    const message = `pull secrets are not everywhere as they shall be: ${told(new Map([...failed, ...stuck]))}`;
    throw new PartlyDone(message, { id: idOf(selection), state: { ...selection, namespaces: there } });
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
        const missing = await putPullSecret(api, namespace, wanted, mayExist).catch((error: unknown) => {
            if (wanted.keeper !== "list" || !isStatus(error, 404)) throw error;
            throw new Error("there is no such namespace: make it, or take it out of registry.pullSecret.namespaces");
        });
        if (missing.length === 0) return;
        const accounts = missing.join(", ");
        // Whoever names a namespace knows what is in it; one that carries a label may be anybody's.
        if (wanted.keeper === "selection" && !missing.includes("default")) {
            session.warn(`${namespace} has no ServiceAccount ${accounts}: its pods must name the secret themselves`);
            return;
        }
        if (Date.now() > until) {
            throw new Error(
                `there is no ServiceAccount ${accounts}, and none came in ${(appearMs / 1000).toString()} s: ` +
                    "make it, or take it out of registry.pullSecret.serviceAccounts",
            );
        }
        await api.pause(200);
    }
}

/** Names of the namespaces that match and are not on their way out. One request for each 500. */
async function lookUp(api: ApiServer, { selector, excludedNamespaces = [] }: Labelled): Promise<string[]> {
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

/** This site's Secrets of that name that this resource keeps, by namespace. */
async function ownSecrets(api: ApiServer, selection: Selection) {
    const { owner, secretName } = selection;
    const { items } = await api.list("/api/v1/secrets", {
        labelSelector: `${ownerLabel}=${owner},${keeperLabel}=${keeperOf(selection)}`,
        fieldSelector: `metadata.name=${secretName}`,
    });
    return new Map(
        items.filter((one) => isOwned(one, owner)).map((one) => [one.metadata.namespace ?? "", one] as const),
    );
}

function pullSecretOf(selection: Selection): PullSecret {
    const { secretName: name, owner, dockerconfigjson, serviceAccounts, siteLabels } = selection;
    return { name, owner, keeper: keeperOf(selection), dockerconfigjson, serviceAccounts, siteLabels };
}

function keeperOf({ selector }: Selection): Keeper {
    return selector === undefined ? "list" : "selection";
}

function idOf(selection: Selection): string {
    const { owner, secretName, selector } = selection;
    return `${owner}/${secretName}${selector === undefined ? "/list" : ""}`;
}

function told(failed: ReadonlyMap<string, Error>): string {
    const lines = [...failed].map(([namespace, error]) => `${namespace}: ${error.message}`);
    const more = lines.length > 10 ? [`and ${(lines.length - 10).toString()} more`] : [];
    return [...lines.slice(0, 10), ...more].join("; ");
}

function shown(names: readonly string[]): string {
    return names.length > 5 ? `${names.slice(0, 5).join(", ")}, …` : names.join(", ");
}
