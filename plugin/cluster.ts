import { existsSync, readFileSync } from "node:fs";
import { Agent, type RequestOptions } from "node:https";
import { flushCompileCache } from "node:module";

import type { KubeConfig } from "@kubernetes/client-node";

import { ApiServer } from "./copier/apiServer.ts";
import { heldIn } from "./heldKubeconfig.ts";

/** Requests in flight. An API server has better to do than to serve one stack. */
const inFlight = 8;
/** How long what a credential plugin answers is used. */
const credentialMs = 60_000;

/** The API server that a kubeconfig leads to. */
export async function openCluster(kubeconfig: string | undefined, signal: AbortSignal): Promise<ApiServer> {
    const held = heldIn(textOf(kubeconfig));
    const { server, proxied, identify } = held === undefined ? await opened(kubeconfig) : plainly(held);
    const { protocol, hostname, port, pathname } = new URL(server);
    const prefix = pathname.replace(/\/$/, "");
    let options: RequestOptions = {};
    let until = 0;
    let agent: Agent | undefined;
    return new ApiServer(async () => {
        if (Date.now() > until) {
            options = await identify();
            until = Date.now() + credentialMs;
        }
        // A proxy brings an agent of its own.
        agent ??= proxied ? (options.agent as Agent) : new Agent({ keepAlive: true });
        agent.maxSockets = inFlight;
        return { ...options, agent: protocol === "http:" ? undefined : agent, protocol, hostname, port, path: prefix };
    }, signal);
}

/** A way to a cluster: its URL, whether through a proxy, and what each request has besides. */
interface Way {
    server: string;
    proxied: boolean;
    identify: () => Promise<RequestOptions>;
}

function plainly({ server, options }: { server: string; options: RequestOptions }): Way {
    return { server, proxied: false, identify: () => Promise.resolve(options) };
}

/** The text of the kubeconfig, where there is one in one place. */
function textOf(kubeconfig: string | undefined): string {
    if (kubeconfig === undefined || !existsSync(kubeconfig)) return kubeconfig ?? "";
    try {
        return readFileSync(kubeconfig, "utf8");
    } catch {
        return "";
    }
}

/** With the client library, which knows every kind of kubeconfig. */
async function opened(kubeconfig: string | undefined): Promise<Way> {
    const config = await loadKubeconfig(kubeconfig);
    const cluster = config.getCurrentCluster();
    if (cluster === null || !URL.canParse(cluster.server)) {
        throw new Error("the kubeconfig names no cluster: it needs a current context with a cluster and its server");
    }
    const identify = async (): Promise<RequestOptions> => {
        const options: RequestOptions = {};
        await config.applyToHTTPSOptions(options);
        return options;
    };
    return { server: cluster.server, proxied: cluster.proxyUrl !== undefined, identify };
}

/**
 * What a kubeconfig says. `kubeconfig` is its text or a path to it; without it, kubectl's own default is taken.
 * Its content never appears in an error.
 */
export async function loadKubeconfig(kubeconfig: string | undefined): Promise<KubeConfig> {
    // Half a second to load, so it is loaded where it is needed, and what it compiles is kept.
    const { KubeConfig } = await import("@kubernetes/client-node");
    flushCompileCache();
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
