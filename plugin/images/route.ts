import { connect } from "node:net";
import type { Duplex } from "node:stream";

import type { KubeConfig } from "@kubernetes/client-node";

import { Transport, type Connection } from "../registry/transport.ts";
import { ConnectProxy, type Dial } from "./connectProxy.ts";
import { podTunnel, type ServicePort } from "./podTunnel.ts";

/** How this machine gets to a registry. `auto`: `direct` where that works, else `cluster`. */
export const reaches = ["auto", "direct", "cluster"] as const;
export type Reach = (typeof reaches)[number];

/** A registry, and the ways to it. */
export interface Way {
    readonly connection: Connection;
    readonly reach: Reach;
    /** `host[:port]` to connect to in place of the registry's name, which this machine may not know. */
    readonly address?: string | undefined;
    /** Its Service, where it is in the cluster. */
    readonly service?: ServicePort | undefined;
    readonly kubeconfig: () => Promise<KubeConfig>;
}

/** An open way to a registry. */
export interface Route {
    /** For requests of this process. */
    readonly connection: Connection;
    /** For other programs: what their environment needs. Secret. */
    readonly environment: Readonly<Record<string, string>>;
    /** Which way it is, in words. */
    readonly words: string;
    close(): void;
}

/** How long a direct way may take to answer where there is another one. */
const probeMs = 5_000;

/** Opens a way to a registry. Throws where `auto` finds none. */
export async function openRoute(way: Way): Promise<Route> {
    const { reach, service, connection } = way;
    if (reach === "direct" || (reach === "auto" && service === undefined)) return directly(way);
    if (reach === "cluster") return throughCluster(way);
    const direct = await directly(way);
    const problem = await probe(direct.connection);
    if (problem === undefined) return direct;
    direct.close();
    const tunnel = await throughCluster(way);
    const other = await probe(tunnel.connection);
    if (other === undefined) return tunnel;
    tunnel.close();
    throw new Error(
        `${new URL(connection.url).host} cannot be reached: from here ${problem}; through the cluster ${other}`,
    );
}

async function directly({ connection, address }: Way): Promise<Route> {
    if (address === undefined) return { connection, environment: {}, words: "directly", close: () => undefined };
    const { hostname, port } = new URL(`tcp://${address}`);
    const wanted = port === "" ? portOf(connection.url) : Number(port);
    return throughProxy(connection, () => dialled(hostname.replace(/^\[|\]$/g, ""), wanted), `at ${address}`);
}

async function throughCluster({ connection, service, kubeconfig }: Way): Promise<Route> {
    if (service === undefined) {
        throw new Error(
            `${new URL(connection.url).host} cannot be reached through the cluster: no Service is named; set reach to direct`,
        );
    }
    const config = await kubeconfig();
    return throughProxy(connection, () => podTunnel(config, service), "through the Kubernetes API");
}

/** One way for the requests of this process and for those of others, so that both meet the same registry. */
async function throughProxy(connection: Connection, dial: Dial, words: string): Promise<Route> {
    const { hostname, protocol } = new URL(connection.url);
    if (protocol !== "https:") throw new Error(`${hostname} speaks no TLS, so it can only be reached by its own name`);
    const proxy = await ConnectProxy.start(`${hostname}:${portOf(connection.url).toString()}`, dial);
    return {
        connection: { ...connection, dial },
        // An empty NO_PROXY: the registry's host may be in the person's own.
        environment: { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: "", no_proxy: "" },
        words,
        close: () => {
            proxy.close();
        },
    };
}

function dialled(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
        const socket = connect({ host, port, timeout: 20_000 });
        socket.once("timeout", () => socket.destroy(new Error(`${host} does not answer`)));
        socket.once("error", reject);
        socket.once("connect", () => {
            socket.setTimeout(0);
            socket.off("error", reject);
            resolve(socket);
        });
    });
}

/** Why no registry answers there; undefined where one does. What it answers to somebody without a login does not matter. */
async function probe(connection: Connection): Promise<string | undefined> {
    const transport = new Transport({ ...connection, username: undefined }, 1);
    try {
        const { status } = await transport.send("GET", "/v2/", { signal: AbortSignal.timeout(probeMs) });
        return status === 200 || status === 401 ? undefined : `it answers /v2/ with ${status.toString()}`;
    } catch (error) {
        return (error as Error).name === "TimeoutError" ? "nothing answers" : (error as Error).message;
    } finally {
        transport.close();
    }
}

function portOf(url: string): number {
    const { port, protocol } = new URL(url);
    return port !== "" ? Number(port) : protocol === "https:" ? 443 : 80;
}
