import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { join } from "node:path";

import { Refusal, run } from "../machines/command.ts";
import { siteDir } from "../paths.ts";
import { Stack } from "./stack.ts";

/** A cluster that somebody else made, named by `KUBECONFIG`. */
export interface UserCluster {
    readonly kubeconfig: string;
    readonly context: string;
    readonly server: string;
}

/** The stack of the site on the lab. */
export function labStack(kubeconfig: string): Stack {
    return new Stack("dev", join(siteDir(), "lab"), kubeconfig);
}

/** The stack of the site on a cluster of the user's. */
export function clusterStack(kubeconfig: string): Stack {
    return new Stack("dev", join(siteDir(), "cluster"), kubeconfig);
}

/** The cluster that the environment names, if it names one. Throws when it does not answer. */
export async function userCluster(): Promise<UserCluster | undefined> {
    const kubeconfig = process.env.KUBECONFIG;
    if (kubeconfig === undefined || kubeconfig === "") return undefined;
    const remedy = "Mend it, or unset KUBECONFIG to use the lab.";
    if (!existsSync(kubeconfig)) throw new Refusal(`KUBECONFIG names ${kubeconfig}, which does not exist.`, remedy);
    if ((await run(["kubectl", "version", "--client"])).code !== 0) {
        throw new Refusal("kubectl is not installed, and a cluster of yours is looked at with it.", "Install kubectl.");
    }
    const context = await run(["kubectl", "config", "current-context"]);
    if (context.code !== 0) throw new Refusal(`KUBECONFIG (${kubeconfig}) names no current context.`, remedy);
    const jsonpath = "jsonpath={.clusters[0].cluster.server}";
    const server = await run(["kubectl", "config", "view", "--minify", "-o", jsonpath]);
    const answer = await run(["kubectl", "get", "--raw", "/readyz", "--request-timeout=10s"]);
    if (answer.code !== 0) {
        const why = answer.stderr.trim().split("\n").at(-1) ?? "";
        throw new Refusal(
            `The cluster at ${server.stdout} (context ${context.stdout.trim()}) does not answer: ${why}`,
            remedy,
        );
    }
    return { kubeconfig, context: context.stdout.trim(), server: server.stdout };
}

/** Names the cluster and asks whether it may be touched. Without a terminal, `--yes` has to say so. */
export async function confirm(cluster: UserCluster, question: string): Promise<void> {
    const named = `context ${cluster.context}, ${cluster.server}`;
    if (process.argv.includes("--yes")) {
        process.stderr.write(`${question}: ${named}\n`);
        return;
    }
    if (!process.stdin.isTTY) {
        throw new Refusal(
            `KUBECONFIG names a cluster: ${named}.`,
            "Say that it may be touched with: npm start -- --yes",
        );
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question(`${question}: ${named}. Go on? (yes/no) `);
    terminal.close();
    if (answer.trim() !== "yes") throw new Refusal("Nothing was touched.", "Answer yes to go on.");
}

/** Refuses when a namespace that the site makes is there already, and the site was not made by this stack. */
export async function refuseTakenNamespaces(stack: Stack, namespaces: readonly string[]): Promise<void> {
    if (stack.exists) return;
    const answer = await run(["kubectl", "get", "namespaces", ...namespaces, "--ignore-not-found", "-o", "name"], {
        env: { ...process.env, ...stack.variables } as Record<string, string>,
    });
    const taken = answer.stdout.trim().split("\n").filter(Boolean);
    if (taken.length > 0) {
        throw new Refusal(
            `The cluster already has ${taken.join(", ")}, and this stack did not make it.`,
            "Remove it, or choose other names in Pulumi.dev.yaml: registry.namespace, registry.proof.namespace, nodeTrust.namespace.",
        );
    }
}
