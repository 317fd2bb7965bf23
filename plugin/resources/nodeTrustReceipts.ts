import { isUnknown, type Properties } from "../properties.ts";
import { readAgent } from "../receipts/agentReport.ts";
import { daemonSetPath } from "../receipts/daemonSets.ts";
import { asProperties, type Receipt } from "../receipts/receipt.ts";
import { beginRemoval, removalOf, undoRemoval } from "../receipts/removal.ts";
import { awaitNodes, Lagging, type Question, type Seen } from "../receipts/rounds.ts";
import { giveTurns, passNobody, passOver } from "../receipts/turns.ts";
import { PartlyDone, textsMissing, type Failure, type Resource, type Session } from "../resource.ts";

/** The evidence that every node has its bundle. */
interface Receipts {
    namespace: string;
    /** Names of the agent's DaemonSets. */
    daemonSets: string[];
    /** Identity of the bundle that the nodes of a DaemonSet shall have, by its name. */
    bundles: Record<string, string>;
    /** The init container that reports. */
    initContainer: string;
    /** How long every Ready node may take, in seconds. */
    timeoutSeconds: number;
    /** What tells this trust from those of others on the same nodes. */
    owner: string;
    /** Whether nodes forget one after the other. */
    removeOneByOne?: boolean;
    /** Annotation of the pods' template that gives them their turn. Without it, they begin at once. */
    turnAnnotation?: string;
    /** What becomes of a Ready node that does not take its trust back. Default: `wait`. */
    onRemovalFailure?: "wait" | "leave";
    /** Changed by `check` when a removal must be undone. Never given. */
    undone?: string;
}

const applied = { done: "have the bundle", lag: "do not have the bundle" } as const;
const removed = { done: "have taken their trust back", lag: "have not taken their trust back" } as const;

const removalRemedy =
    "Nothing else was removed. Mend these nodes and destroy again. Or give them up: set nodeTrust.onRemovalFailure to leave, " +
    "run `npx pulumi up`, which takes note of it even where it fails at the same node, and destroy again. " +
    "Or `up` has every node trust again.";

export const nodeTrustReceipts: Resource = {
    type: "siteregistry:index:NodeTrustReceipts",
    secrets: [],
    identity: ["namespace", "owner"],
    outputs: ["nodes"],

    async check(inputs, before, session) {
        const given = { initContainer: "apply", ...inputs };
        const failures = [...textsMissing(given, ["namespace", "owner", "initContainer"]), ...mistakes(given)];
        if (failures.length > 0 || before === undefined) return { inputs: given, failures };
        const undone = (await halfRemoved(before as unknown as Receipts, session)) ?? before.undone;
        return { inputs: undone === undefined ? given : { ...given, undone } };
    },

    async create(inputs, session) {
        const receipts = inputs as unknown as Receipts;
        const id = `${receipts.namespace}/${receipts.owner}`;
        return { id, state: await collect(id, inputs, session) };
    },

    async update(before, inputs, session) {
        const { namespace, owner } = before as unknown as Receipts;
        return collect(`${namespace}/${owner}`, inputs, session);
    },

    /** Nothing is compared: a node that comes or goes is no change of what was declared. `npm run status` tells how it is now. */
    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const { namespace, daemonSets } = state as unknown as Receipts;
        const api = await session.api();
        for (const name of daemonSets) {
            if ((await api.get(daemonSetPath(namespace, name))) === undefined) return undefined;
        }
        return state;
    },

    async delete(state, session) {
        const {
            namespace,
            daemonSets,
            initContainer,
            timeoutSeconds,
            removeOneByOne = false,
            onRemovalFailure = "wait",
            owner,
        } = state as unknown as Receipts;
        const api = await session.api();
        const there: string[] = [];
        for (const name of daemonSets) {
            if (await beginRemoval(api, namespace, name, { initContainer, oneByOne: removeOneByOne })) there.push(name);
            else session.warn(`the DaemonSet ${namespace}/${name} is gone: what its agents took back is not known`);
        }
        if (there.length === 0) return;
        const wanted = { initContainer, status: "removed", readiness: false } as const;
        const question: Question = { namespace, daemonSets: there, read: (pod) => readAgent(pod, wanted) };
        const leaves = onRemovalFailure === "leave";
        const goOn = (seen: Seen, receipts: readonly Receipt[]): Promise<void> => {
            const failed = leaves ? receipts.filter(({ ready, status }) => ready && status === "failed") : [];
            return passOver(api, namespace, seen, failed);
        };
        const patience = { ...removed, seconds: timeoutSeconds, session };
        try {
            await awaitNodes(api, question, removeOneByOne ? { ...patience, eachRound: goOn } : patience);
        } catch (error) {
            if (!(error instanceof Lagging)) throw error;
            if (!leaves) throw new Error(`${error.message}\n  ${removalRemedy}`, { cause: error });
            session.warn(
                `${error.message}\n  They are left as onRemovalFailure says: they still trust what they did, ` +
                    `and know what that is in /var/lib/siteregistry/${owner}. An agent of the same name takes it back, should it come again.`,
            );
        }
    },
};

/** Waits until every Ready node has its bundle. Whatever goes wrong, the resource is there: nodes may have it, and deleting it takes it back. */
async function collect(id: string, inputs: Properties, session: Session): Promise<Properties> {
    const { namespace, daemonSets, bundles, initContainer, timeoutSeconds, turnAnnotation, removeOneByOne } =
        inputs as unknown as Receipts;
    const wanted = { initContainer, status: "applied", readiness: true } as const;
    try {
        const api = await session.api();
        for (const name of daemonSets) await undoRemoval(api, namespace, name);
        const patience = { ...applied, seconds: timeoutSeconds, session };
        if (turnAnnotation !== undefined)
            await giveTurns(api, { namespace, daemonSets, annotation: turnAnnotation }, patience);
        const oneByOne = turnAnnotation !== undefined || removeOneByOne;
        const goOn = (seen: Seen): Promise<void> => passOver(api, namespace, seen);
        const receipts = await awaitNodes(
            api,
            {
                namespace,
                daemonSets,
                read: (pod, { name }) => readAgent(pod, { ...wanted, bundle: bundles[name] ?? "" }),
            },
            oneByOne ? { ...patience, eachRound: goOn } : patience,
        );
        if (oneByOne) await passNobody(api, namespace, daemonSets);
        warnOf(receipts, session);
        return { ...inputs, nodes: asProperties(receipts) };
    } catch (error) {
        const nodes = error instanceof Lagging ? asProperties(error.receipts) : [];
        throw new PartlyDone((error as Error).message, { id, state: { ...inputs, nodes } });
    }
}

/** What works and might not always, said once for all nodes that say it. */
function warnOf(receipts: readonly Receipt[], session: Session): void {
    const nodes = new Map<string, string[]>();
    for (const { node, warnings = [] } of receipts) {
        for (const warning of warnings) nodes.set(warning, [...(nodes.get(warning) ?? []), node]);
    }
    for (const [warning, on] of nodes) {
        const more = on.length > 10 ? ` and ${(on.length - 10).toString()} more` : "";
        session.warn(`${on.slice(0, 10).join(", ")}${more}: ${warning}`);
    }
}

/** Since when a removal is under way that was not ended; undefined where none is, or where nobody can say. */
async function halfRemoved({ namespace, daemonSets }: Receipts, session: Session): Promise<string | undefined> {
    try {
        const api = await session.api();
        const all = await Promise.all(daemonSets.map((name) => removalOf(api, namespace, name)));
        return all.find((since) => since !== undefined);
    } catch {
        return undefined; // a preview goes on without the cluster, and an `up` fails at the DaemonSets
    }
}

function mistakes({ daemonSets, bundles, timeoutSeconds, onRemovalFailure }: Properties): Failure[] {
    const failures: Failure[] = [];
    if (!isUnknown(daemonSets) && !isTexts(daemonSets)) {
        failures.push({ property: "daemonSets", reason: "must name at least one DaemonSet" });
    } else if (!isUnknown(daemonSets) && typeof bundles === "object" && bundles !== null) {
        const lacking = (daemonSets as string[]).filter((name) => !(name in bundles));
        if (lacking.length > 0) failures.push({ property: "bundles", reason: `lacks ${lacking.join(", ")}` });
    } else if (!isUnknown(bundles) && typeof bundles !== "object") {
        failures.push({ property: "bundles", reason: "must be a map from DaemonSets to bundles" });
    }
    if (!isUnknown(timeoutSeconds) && !(typeof timeoutSeconds === "number" && timeoutSeconds > 0)) {
        failures.push({ property: "timeoutSeconds", reason: "must be a number of seconds above 0" });
    }
    if (
        !isUnknown(onRemovalFailure) &&
        ![undefined, "wait", "leave"].includes(onRemovalFailure as string | undefined)
    ) {
        failures.push({ property: "onRemovalFailure", reason: "must be wait or leave" });
    }
    return failures;
}

function isTexts(value: unknown): boolean {
    return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" && one !== "");
}
