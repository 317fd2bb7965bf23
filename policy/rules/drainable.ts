import { isRecord } from "../../settings/record.ts";
import type { Rule, Subject } from "../rule.ts";
import { at, namesOf } from "../values.ts";

export const drainable: Rule = {
    id: "drainable",
    level: "mandatory",
    description: "No disruption budget that never lets a pod go.",
    reason: "the drain of a node waits for ever, and with it every upgrade of the cluster",
    remedy: "let at least one pod go (maxUnavailable: 1), or leave the budget out where there is one pod",
    settings: {},
    check: ({ type, props }) => {
        if (!isBudget(type)) return [];
        const [most, least] = [at(props, "spec", "maxUnavailable"), at(props, "spec", "minAvailable")];
        if (most === 0 || most === "0" || most === "0%") return [`maxUnavailable is ${String(most)}`];
        return least === "100%" ? ["minAvailable is 100%"] : [];
    },
    checkAll: (subjects) =>
        subjects
            .filter(({ type }) => isBudget(type))
            .flatMap((budget) => {
                const least = at(budget.props, "spec", "minAvailable");
                if (typeof least !== "number") return [];
                const held = subjects.filter((one) => isHeldBy(one, budget));
                return held
                    .filter(({ props }) => least >= replicasOf(props))
                    .map(
                        (one) =>
                            `${namesOf(budget)[1] ?? budget.name} wants ${least.toString()} of ${one.name}'s ${replicasOf(one.props).toString()} pods`,
                    );
            }),
};

function isBudget(type: string): boolean {
    return type.endsWith(":PodDisruptionBudget");
}

function replicasOf(props: Record<string, unknown>): number {
    const replicas = at(props, "spec", "replicas");
    return typeof replicas === "number" ? replicas : 1;
}

/** Whether a workload's pods are those of the budget. */
function isHeldBy({ type, props }: Subject, budget: Subject): boolean {
    if (!/:(Deployment|StatefulSet)$/.test(type)) return false;
    if (at(props, "metadata", "namespace") !== at(budget.props, "metadata", "namespace")) return false;
    const wanted = at(budget.props, "spec", "selector", "matchLabels");
    const labels = at(props, "spec", "template", "metadata", "labels");
    if (!isRecord(wanted) || !isRecord(labels)) return false;
    return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
