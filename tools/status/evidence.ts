import { living, nameOf, textOf, type StateResource } from "./deployed.ts";

/** A proof that a state holds. */
export interface DeployedProof {
    readonly namespace: string;
    readonly daemonSet: string;
}

/** What of a Harbor the last update left, as it was read back then. */
export interface HarborStatus {
    /** Names of the endpoints. */
    readonly endpoints: readonly string[];
    readonly rules: readonly HarborRuleStatus[];
}

/** A replication rule, and its last run by `pulumi up`. */
export interface HarborRuleStatus {
    readonly name: string;
    /** `pull` or `push`. */
    readonly mode: string;
    /** Whether it runs at all. */
    readonly enabled: boolean;
    /** `Succeed`, or what Harbor said; empty where `up` has not run it. */
    readonly run: string;
    /** How many repositories it copied or found there. */
    readonly repositories: number;
    /** Images whose digests were not equal on both sides. */
    readonly unequal: readonly string[];
}

const ofPlugin = (name: string) => `siteregistry:index:${name}`;

/** The proofs of a state. */
export function proofsIn(state: unknown): DeployedProof[] {
    return of(state, "PullReceipts").flatMap(({ inputs }) => {
        const namespace = textOf(inputs?.namespace);
        const daemonSet = textOf(inputs?.daemonSet);
        return namespace === undefined || daemonSet === undefined ? [] : [{ namespace, daemonSet }];
    });
}

/** What a state tells of a Harbor, or undefined where it has none. */
export function harborIn(state: unknown): HarborStatus | undefined {
    const endpoints = of(state, "HarborEndpoint");
    const rules = of(state, "HarborRule");
    if (endpoints.length + rules.length + of(state, "HarborProject").length === 0) return undefined;
    const runs = of(state, "HarborRun");
    return {
        endpoints: endpoints.map((one) => textOf(one.inputs?.name) ?? nameOf(one)),
        rules: rules.map((one) => ruleStatus(one, runs)),
    };
}

function ruleStatus(rule: StateResource, runs: readonly StateResource[]): HarborRuleStatus {
    const { name, mode, enabled } = rule.inputs ?? {};
    const last = runs.find(({ inputs }) => inputs?.rule !== undefined && inputs.rule === rule.id)?.outputs ?? {};
    const { status, repositories, compared } = last as {
        status?: string;
        repositories?: string[];
        compared?: { image: string; source: string; destination: string }[];
    };
    return {
        name: textOf(name) ?? nameOf(rule),
        mode: textOf(mode) ?? "",
        enabled: enabled !== false,
        run: textOf(status) ?? "",
        repositories: Array.isArray(repositories) ? repositories.length : 0,
        unequal: Array.isArray(compared)
            ? compared.filter(({ source, destination }) => source !== destination).map(({ image }) => image)
            : [],
    };
}

function of(state: unknown, name: string): StateResource[] {
    return living(state).filter(({ type }) => type === ofPlugin(name));
}
