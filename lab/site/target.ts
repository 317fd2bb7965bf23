import { existsSync, readdirSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";

import type { Lab } from "../lab.ts";
import { Refusal, run, type Result } from "../machines/command.ts";
import { siteDir, stateDir } from "../paths.ts";
import { Stack } from "./stack.ts";

/** A cluster that somebody else made, named by `KUBECONFIG`. */
export interface UserCluster {
    readonly kubeconfig: string;
    readonly context: string;
    readonly server: string;
    /** See {@link identityOf}. */
    readonly identity: string;
}

/** The stack of the site on the lab. The states of labs that are no more are forgotten: their clusters went with them. */
export async function labStack(lab: Lab): Promise<Stack> {
    const identity = await identityOf((args) => lab.kubectl(args));
    const folder = folderOf("lab", identity);
    for (const other of foldersOf("lab")) if (other !== folder) rmSync(other, { recursive: true, force: true });
    return new Stack("dev", folder, lab.kubeconfig, identity);
}

/** The stack of the site on a cluster of the user's. */
export function clusterStack(cluster: UserCluster): Stack {
    return new Stack("dev", folderOf("cluster", cluster.identity), cluster.kubeconfig, cluster.identity);
}

/** The folders of the sites on labs, or on clusters of the user's. */
export function foldersOf(kind: "lab" | "cluster"): string[] {
    if (!existsSync(siteDir())) return [];
    return readdirSync(siteDir())
        .filter((name) => name.startsWith(`${kind}-`))
        .map((name) => join(siteDir(), name));
}

function folderOf(kind: "lab" | "cluster", identity: string): string {
    return join(siteDir(), `${kind}-${identity}`);
}

/** What tells a cluster from every other, whatever its address is: the uid of its namespace `kube-system`. */
async function identityOf(kubectl: (args: string[]) => Promise<Result>): Promise<string> {
    const answer = await kubectl(["get", "namespace", "kube-system", "--output", "jsonpath={.metadata.uid}"]);
    if (answer.code !== 0 || answer.stdout === "") {
        throw new Refusal(
            `The cluster does not say which one it is: ${answer.stderr.trim()}`,
            "The account of the kubeconfig must be allowed to read the namespace kube-system.",
        );
    }
    return answer.stdout;
}

/** The cluster that the environment names, if it names one other than the lab. Throws when it does not answer. */
export async function userCluster(): Promise<UserCluster | undefined> {
    const kubeconfig = process.env.KUBECONFIG;
    if (kubeconfig === undefined || kubeconfig === "") return undefined;
    const remedy = "Mend it, or unset KUBECONFIG to use the lab.";
    if (kubeconfig.includes(delimiter)) {
        throw new Refusal(
            `KUBECONFIG names several files: ${kubeconfig}.`,
            "Name one: the first context in it is used.",
        );
    }
    if (!existsSync(kubeconfig)) throw new Refusal(`KUBECONFIG names ${kubeconfig}, which does not exist.`, remedy);
    if (resolve(kubeconfig) === join(stateDir(), "kubeconfig")) return undefined;
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
    const identity = await identityOf((args) => run(["kubectl", ...args]));
    return { kubeconfig, context: context.stdout.trim(), server: server.stdout, identity };
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
            "Say that it may be touched: add -- --yes to the command.",
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
    if (answer.code !== 0) {
        throw new Refusal(
            `The namespaces of the cluster cannot be listed: ${answer.stderr.trim()}`,
            "Give the account that right.",
        );
    }
    const taken = answer.stdout.trim().split("\n").filter(Boolean);
    if (taken.length > 0) {
        throw new Refusal(
            `The cluster already has ${taken.join(", ")}, and this stack did not make it.`,
            "Remove it, or choose other names in Pulumi.dev.yaml: registry.namespace, registry.proof.namespace, nodeTrust.namespace.",
        );
    }
}
