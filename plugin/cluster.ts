import { existsSync } from "node:fs";
import { Agent, type RequestOptions } from "node:https";

import type { KubeConfig } from "@kubernetes/client-node";

import { ApiServer } from "./copier/apiServer.ts";

/** Requests in flight. An API server has better to do than to serve one stack. */
const inFlight = 8;
/** How long what a credential plugin answers is used. */
const credentialMs = 60_000;

/**
 * What a kubeconfig says. `kubeconfig` is its text or a path to it; without it, kubectl's own default is taken.
 * Its content never appears in an error.
 */
export async function loadKubeconfig(kubeconfig: string | undefined): Promise<KubeConfig> {
    // Half a second to load, so it is loaded where it is needed.
    const { KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    try {
        if (kubeconfig === undefined || kubeconfig === "") config.loadFromDefault();
        else if (existsSync(kubeconfig)) config.loadFromFile(kubeconfig);
        else config.loadFromString(kubeconfig);
    } catch {
        throw new Error(
            "the kubeconfig cannot be read: it must be a kubeconfig's text, or a path to one that is there",
        );
    }
    return config;
}

/** The API server that a kubeconfig leads to. */
export async function openCluster(kubeconfig: string | undefined, signal: AbortSignal): Promise<ApiServer> {
    const config = await loadKubeconfig(kubeconfig);
    const cluster = config.getCurrentCluster();
    if (cluster === null || !URL.canParse(cluster.server)) {
        throw new Error("the kubeconfig names no cluster: it needs a current context with a cluster and its server");
    }
    const { protocol, hostname, port, pathname } = new URL(cluster.server);
    const prefix = pathname.replace(/\/$/, "");
    let options: RequestOptions = {};
    let until = 0;
    let agent: Agent | undefined;
    return new ApiServer(async () => {
        if (Date.now() > until) {
            options = {};
            await config.applyToHTTPSOptions(options);
            until = Date.now() + credentialMs;
        }
        // A proxy brings an agent of its own.
        agent ??= cluster.proxyUrl === undefined ? new Agent({ keepAlive: true }) : (options.agent as Agent);
        agent.maxSockets = inFlight;
        return { ...options, agent: protocol === "http:" ? undefined : agent, protocol, hostname, port, path: prefix };
    }, signal);
}
