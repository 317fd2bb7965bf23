import * as pulumi from "@pulumi/pulumi";

/**
 * The outputs of this stack's last update that ended well. Empty before the first, and after `destroy`.
 * Throws where the state cannot be read: unknown is never taken for empty.
 */
export async function lastOutputs(): Promise<Record<string, unknown>> {
    return stackOutputs(`${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`);
}

/**
 * The outputs of a stack, `organization/project/stack`, by its last update that ended well.
 * Read by the engine from the state, without a resource: a StackReference to oneself would show in every preview.
 * Throws where there is no such stack, or it cannot be read.
 */
export async function stackOutputs(name: string): Promise<Record<string, unknown>> {
    const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
    if (typeof answer !== "object" || answer === null || !("outputs" in answer)) {
        throw new Error(`the outputs of the stack ${name} cannot be read from its state`);
    }
    return answer.outputs as Record<string, unknown>;
}
