import * as pulumi from "@pulumi/pulumi";

import { connect, Unanswered } from "./preflight/cluster.ts";
import { conflicts, type Claim } from "./preflight/conflicts.ts";

/** What is looked at, and where. */
export interface PreflightArgs {
    /** Text of a kubeconfig, or its path. Without it, kubectl's own default. */
    kubeconfig?: pulumi.Input<string> | undefined;
    /** What the registry takes for itself. */
    claim: Claim;
}

/**
 * Hooks for the registry's component that look, before it is made or changed, whether the cluster lets it be as its
 * settings say: in a preview too, and with every objection at once. The engine runs them only then, so an unchanged
 * stack asks nothing, and it is the engine that knows what is this stack's own.
 */
export function preflight(name: string, args: PreflightArgs): pulumi.ResourceHookBinding {
    const create = new pulumi.ResourceHook(`${name}-preflight-create`, () => look(args, undefined), { onDryRun: true });
    const update = new pulumi.ResourceHook(
        `${name}-preflight-update`,
        ({ oldInputs }) => look(args, oldInputs as Claim | undefined),
        { onDryRun: true },
    );
    return { beforeCreate: [create], beforeUpdate: [update] };
}

async function look(args: PreflightArgs, before: Claim | undefined): Promise<void> {
    let problems: string[];
    try {
        const cluster = await connect(await valueOf(args.kubeconfig));
        problems = await conflicts(cluster, args.claim, before);
    } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        // Without a cluster a preview still shows what would be made; an update stops here, having made nothing.
        if (error.unreachable && pulumi.runtime.isDryRun()) {
            await pulumi.log.warn(`not checked, because the cluster does not answer: ${error.message}`);
            return;
        }
        throw new Error(`the cluster does not say what must be known before anything is made: ${error.message}`, {
            cause: error,
        });
    }
    if (problems.length > 0) throw new Error(`this cluster stands against it:\n  ${problems.join("\n  ")}`);
}

/** The value of an input that is known from the start, as configuration is. */
async function valueOf(input: pulumi.Input<string> | undefined): Promise<string | undefined> {
    if (input === undefined) return undefined;
    return new Promise((resolve) => {
        pulumi.output(input).apply(resolve);
    });
}
