import { isStatus, type KubeObject } from "../copier/apiServer.ts";
import { conditionOf, type Condition } from "../okd/openshift.ts";
import { judgeOperator, type Judgement, type WantedOperator } from "../quay/judgement.ts";
import { paths } from "../quay/objects.ts";
import { settle } from "../quay/waiting.ts";
import type { Properties } from "../properties.ts";
import { PartlyDone, textsMissing, type Resource, type Session } from "../resource.ts";

interface Wanted extends WantedOperator {
    readonly namespace: string;
    readonly subscription: string;
    readonly timeoutSeconds: number;
}

interface Status {
    installedCSV?: string;
    installPlanRef?: { name: string };
}

/** That OLM has installed the operator of Quay. */
export const quayOperator: Resource = {
    type: "siteregistry:index:QuayOperator",
    secrets: [],
    identity: ["namespace", "subscription"],
    outputs: ["installedCSV"],

    check: (given) => {
        const inputs = { timeoutSeconds: 1800, ...given };
        const failures = textsMissing(inputs, ["namespace", "subscription", "package", "channel", "approval"]);
        if (given.approval === "Manual" && given.startingCSV === undefined)
            failures.push({ property: "startingCSV", reason: "with Manual it must be given" });
        return Promise.resolve({ inputs, failures });
    },

    create: async (inputs, session) => ({ id: idOf(inputs), state: await installed(inputs, session) }),
    update: (_, inputs, session) => installed(inputs, session),

    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const found = await subscriptionOf(state, session);
        return found === undefined ? undefined : { ...state, installedCSV: versionOf(found, state) };
    },

    /** OLM leaves a version that runs when its Subscription goes. The definitions, and so Quays of others, stay. */
    async delete(state, session) {
        // OLM may have installed another one since the last update.
        const installedCSV = versionOf(await subscriptionOf(state, session), state);
        if (installedCSV === "") return;
        try {
            await (await session.api()).send("DELETE", paths.version(String(state.namespace), installedCSV));
        } catch (error) {
            if (!isStatus(error, 404)) throw error;
        }
    },
};

async function subscriptionOf(state: Properties, session: Session): Promise<KubeObject | undefined> {
    const { namespace, subscription } = state as unknown as Wanted;
    return (await session.api()).get(paths.subscription(namespace, subscription));
}

/** The version that is installed, or that was when it was looked at last. */
function versionOf(subscription: KubeObject | undefined, { installedCSV }: Properties): string {
    const { installedCSV: now = "" } = (subscription?.status ?? {}) as Status;
    if (now !== "") return now;
    return typeof installedCSV === "string" ? installedCSV : "";
}

function idOf({ namespace, subscription }: Properties): string {
    return `${String(namespace)}/${String(subscription)}`;
}

async function installed(inputs: Properties, session: Session): Promise<Properties> {
    const wanted = inputs as unknown as Wanted;
    try {
        let installedCSV = "";
        await settle(`the operator of ${wanted.package}`, wanted.timeoutSeconds, session, async () => {
            const [found, version] = await look(wanted, session);
            installedCSV = version;
            return found;
        });
        return { ...inputs, installedCSV };
    } catch (error) {
        throw new PartlyDone((error as Error).message, { id: idOf(inputs), state: { ...inputs, installedCSV: "" } });
    }
}

async function look(wanted: Wanted, session: Session): Promise<[Judgement, string]> {
    const api = await session.api();
    const { namespace } = wanted;
    const subscription = await api.get(paths.subscription(namespace, wanted.subscription));
    if (subscription === undefined) throw new Error(`there is no Subscription ${namespace}/${wanted.subscription}`);
    const { installedCSV = "", installPlanRef } = (subscription.status ?? {}) as Status;
    const plan = installPlanRef && (await api.get(paths.plan(namespace, installPlanRef.name)));
    const version = installedCSV === "" ? undefined : await api.get(paths.version(namespace, installedCSV));
    const judged = judgeOperator(wanted, subscription, plan, version);
    if (judged.state === "approve") {
        const headers = { "content-type": "application/merge-patch+json" };
        await api.send("PATCH", paths.plan(namespace, judged.plan), { spec: { approved: true } }, headers);
        return [{ state: "waiting", why: `the plan ${judged.plan} is approved` }, installedCSV];
    }
    if (judged.state !== "ready") return [judged, installedCSV];
    const definition = await api.get(paths.definition);
    const { conditions } = (definition?.status ?? {}) as { conditions?: Condition[] };
    if (conditionOf(conditions, "Established")?.status === "True") return [judged, installedCSV];
    return [{ state: "waiting", why: "the cluster does not know a QuayRegistry yet" }, installedCSV];
}
