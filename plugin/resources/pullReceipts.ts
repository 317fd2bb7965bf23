import { isUnknown, type Properties } from "../properties.ts";
import { daemonSetPath } from "../receipts/daemonSets.ts";
import { readPull, withEvents } from "../receipts/pullReport.ts";
import { asProperties } from "../receipts/receipt.ts";
import { awaitNodes, lateMessage, Lagging, type Patience } from "../receipts/rounds.ts";
import { PartlyDone, textsMissing, type Resource, type Session } from "../resource.ts";

/** The evidence that every node has pulled. */
interface Pulls {
    namespace: string;
    daemonSet: string;
    /** The images of its pods. Another one has the nodes asked again. */
    images: string[];
    /** How long every Ready node may take, in seconds. */
    timeoutSeconds: number;
}

export const pullReceipts: Resource = {
    type: "siteregistry:index:PullReceipts",
    secrets: [],
    identity: ["namespace", "daemonSet"],
    outputs: ["nodes"],

    check(inputs) {
        const failures = textsMissing(inputs, ["namespace", "daemonSet"]);
        const { timeoutSeconds, images } = inputs;
        if (!isUnknown(timeoutSeconds) && !(typeof timeoutSeconds === "number" && timeoutSeconds > 0)) {
            failures.push({ property: "timeoutSeconds", reason: "must be a number of seconds above 0" });
        }
        if (!isUnknown(images) && !Array.isArray(images)) {
            failures.push({ property: "images", reason: "must be a list of image references" });
        }
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        const id = idOf(inputs);
        return { id, state: await collect(id, inputs, session) };
    },

    update: (before, inputs, session) => collect(idOf(before), inputs, session),

    /** A node that comes or goes is no change of what was declared. */
    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const { namespace, daemonSet } = state as unknown as Pulls;
        const found = await (await session.api()).get(daemonSetPath(namespace, daemonSet));
        return found === undefined ? undefined : state;
    },

    delete: () => Promise.resolve(), // it is evidence, and left nothing anywhere
};

/** Waits until every Ready node has pulled. When one has not, the resource is there as not done, and the next `up` waits again. */
async function collect(id: string, inputs: Properties, session: Session): Promise<Properties> {
    const { namespace, daemonSet, timeoutSeconds } = inputs as unknown as Pulls;
    const heard = new Map<string, string>();
    const patience: Patience = {
        seconds: timeoutSeconds,
        done: "have pulled and started the image",
        lag: "have not pulled and started the image",
        session,
    };
    const question = {
        namespace,
        daemonSets: [daemonSet],
        read: (pod: Parameters<typeof readPull>[0]) => readPull(pod, heard),
    };
    const failed = (message: string, nodes: Properties[]) =>
        new PartlyDone(message, { id, state: { ...inputs, nodes } });
    const api = await session.api();
    try {
        return { ...inputs, nodes: asProperties(await awaitNodes(api, question, patience)) };
    } catch (error) {
        if (!(error instanceof Lagging)) throw failed((error as Error).message, []);
        // Without the events there is still what the kubelets said.
        const receipts = await withEvents(api, namespace, error.receipts).catch(() => error.receipts);
        throw failed(lateMessage(receipts, patience), asProperties(receipts));
    }
}

function idOf({ namespace, daemonSet }: Properties): string {
    return `${String(namespace)}/${String(daemonSet)}`;
}
