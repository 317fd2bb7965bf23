import type { ClusterNode, Taint } from "./nodes.ts";

interface Requirement {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
}

interface Toleration {
    readonly key?: string;
    readonly operator?: string;
    readonly value?: string;
    readonly effect?: string;
}

/** What a pod's specification says of the nodes that it may run on. */
export interface Placement {
    nodeSelector?: Record<string, string>;
    tolerations?: readonly Toleration[];
    affinity?: {
        nodeAffinity?: {
            requiredDuringSchedulingIgnoredDuringExecution?: {
                nodeSelectorTerms: readonly {
                    matchExpressions?: readonly Requirement[];
                    matchFields?: readonly Requirement[];
                }[];
            };
        };
    };
}

/**
 * Whether a DaemonSet with that placement has a pod on the node. The DaemonSet tells only how many there are, and a node whose pod
 * is missing shall be named (pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod).
 */
export function eligible({ nodeSelector = {}, affinity, tolerations = [] }: Placement, node: ClusterNode): boolean {
    const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
    return (
        Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value) &&
        (terms === undefined ||
            terms.some(({ matchExpressions = [], matchFields = [] }) => {
                // A term that says nothing matches nothing.
                if (matchExpressions.length + matchFields.length === 0) return false;
                const fields = { "metadata.name": node.name };
                return (
                    matchExpressions.every((one) => meets(one, node.labels)) &&
                    matchFields.every((one) => meets(one, fields))
                );
            })) &&
        node.taints.every((taint) => keepsNothingAway(taint) || tolerations.some((one) => tolerates(one, taint)))
    );
}

function meets({ key, operator, values = [] }: Requirement, labels: Readonly<Record<string, string>>): boolean {
    const value = labels[key];
    switch (operator) {
        case "In":
            return value !== undefined && values.includes(value);
        case "NotIn":
            return value === undefined || !values.includes(value);
        case "Exists":
            return value !== undefined;
        case "DoesNotExist":
            return value === undefined;
        case "Gt":
            return Number(value) > Number(values[0]);
        case "Lt":
            return Number(value) < Number(values[0]);
        default:
            return false;
    }
}

/** Those of Kubernetes itself are tolerated by every pod of a DaemonSet: not ready, unschedulable, under pressure and so on. */
function keepsNothingAway({ key, effect }: Taint): boolean {
    return effect === "PreferNoSchedule" || key.startsWith("node.kubernetes.io/");
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
    if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
    if (key === undefined || key === "") return operator === "Exists";
    return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
}
