import { isUnknown, type Properties } from "../properties.ts";
import { judge, type Judgement, type Wanted } from "../okd/judgement.ts";
import { conditionOf, inWords, isForbidden, paths, type Condition } from "../okd/openshift.ts";
import { routerRoots } from "../okd/routerRoots.ts";
import { PartlyDone, type Resource, type Session } from "../resource.ts";

/** That the registry of an OKD cluster is as it shall be, and where it is found. */
interface Status extends Wanted {
    /** How long its operator may take, in seconds. */
    timeoutSeconds: number;
    /** Whether what to believe of the router is looked up. */
    routerRoots: boolean;
}

const id = "cluster";
const lookMs = 1_000;
/** How long what does not get better by itself may last: what the operator says may be older than the change. */
const graceMs = 10_000;

export const okdRegistryStatus: Resource = {
    type: "siteregistry:index:OkdRegistryStatus",
    secrets: [],
    identity: [],
    outputs: ["hosts", "routerCaBundle", "routerCaFrom"],

    check: (given) => {
        const inputs = { defaultRoute: true, routes: [], timeoutSeconds: 600, routerRoots: true, ...given };
        const { timeoutSeconds: seconds } = inputs;
        const sound = isUnknown(seconds) || (typeof seconds === "number" && seconds > 0);
        const failure = { property: "timeoutSeconds", reason: "must be a number of seconds above 0" };
        return Promise.resolve({ inputs, failures: sound ? [] : [failure] });
    },

    create: async (inputs, session) => ({ id, state: await settled(inputs, session) }),
    update: (_, inputs, session) => settled(inputs, session),

    /** What it waited for is not judged again; the router's CA is, since it may have been renewed. */
    async read(_, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const api = await session.api();
        if ((await api.get(paths.config)) === undefined) return undefined;
        await warnOfPruner(session);
        if (state.routerRoots !== true) return state;
        const { caBundle, from } = await routerRoots(api);
        return { ...state, routerCaBundle: caBundle, routerCaFrom: from };
    },

    delete: () => Promise.resolve(),
};

/** Waits until the operator has done what it was told. Whatever it says, it was told: the resource is there, to be tried again. */
async function settled(inputs: Properties, session: Session): Promise<Properties> {
    const wanted = inputs as unknown as Status;
    try {
        const hosts = await awaitReady(wanted, session);
        const roots = wanted.routerRoots ? await routerRoots(await session.api()) : undefined;
        await warnOfPruner(session);
        return { ...inputs, hosts, routerCaBundle: roots?.caBundle ?? "", routerCaFrom: roots?.from ?? "" };
    } catch (error) {
        throw new PartlyDone((error as Error).message, {
            id,
            state: { ...inputs, hosts: {}, routerCaBundle: "", routerCaFrom: "" },
        });
    }
}

async function awaitReady(wanted: Status, session: Session): Promise<Record<string, string>> {
    const api = await session.api();
    const begun = Date.now();
    let failingSince: number | undefined;
    let said = "";
    for (;;) {
        const found = await look(wanted, session);
        if (found.state === "ready") return found.hosts;
        const now = Date.now();
        if (found.state === "waiting") failingSince = undefined;
        else failingSince ??= now;
        if (failingSince !== undefined && now - failingSince >= graceMs) {
            throw new Error(`the registry of the cluster cannot become ready: ${found.why}`);
        }
        if (now - begun > wanted.timeoutSeconds * 1000) {
            const seconds = wanted.timeoutSeconds.toString();
            throw new Error(`the registry of the cluster is not ready after ${seconds} s: ${found.why}`);
        }
        if (found.why !== said) session.say(`the registry is not ready yet: ${found.why}`);
        said = found.why;
        await api.pause(lookMs);
    }
}

async function look(wanted: Wanted, session: Session): Promise<Judgement> {
    const api = await session.api();
    const config = await api.get(paths.config);
    if (config === undefined) {
        throw new Error(
            "this cluster has no registry of its own: its capability ImageRegistry is off, or it is no OKD",
        );
    }
    const needed = wanted.defaultRoute || wanted.routes.length > 0;
    return judge(config, needed ? (await api.list(paths.routes)).items : [], wanted);
}

/** A pruner that fails lets the storage fill up, and nobody looks at it. */
async function warnOfPruner(session: Session): Promise<void> {
    try {
        const pruner = await (await session.api()).get(paths.pruner);
        const failed = conditionOf((pruner?.status as { conditions?: Condition[] } | undefined)?.conditions, "Failed");
        if (failed?.status === "True") session.warn(`the last run of the image pruner failed: ${inWords(failed)}`);
    } catch (error) {
        if (!isForbidden(error)) throw error;
    }
}
