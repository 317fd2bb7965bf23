import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";

import { parse } from "yaml";

import type { KubernetesObject } from "./generatedSite.ts";

/** What the API server said to one object. */
export interface Answer {
    object: KubernetesObject;
    /** HTTP status. */
    status: number;
    /** Its message, where it refused. */
    message: string;
}

interface Kubeconfig {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

interface Resource {
    name: string;
    kind: string;
    namespaced: boolean;
}

/**
 * Sends objects to an API server as server-side apply with `dryRun=All`, as the Pulumi provider's preview does, and with
 * strict validation. Over connections that stay open: a process of kubectl for each case would take a second.
 */
export class DryRun {
    /** How many objects were sent. An object that was accepted before is not sent again: the answer would be the same. */
    sent = 0;
    /** Kinds that the cluster does not serve, whose objects could not be asked about. */
    readonly unserved = new Set<string>();
    private readonly server: URL;
    private readonly agent: Agent;
    private readonly namespace: string;
    private readonly kinds = new Map<string, Promise<Resource[] | undefined>>();
    private readonly accepted = new Set<string>();

    /** `namespace` exists and takes the place of every namespace that the objects name. */
    constructor(kubeconfig: string, namespace: string) {
        const config = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
        const cluster = config.clusters[0]?.cluster;
        const user = config.users[0]?.user;
        if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} names no cluster and user`);
        const decode = (text: string): Buffer => Buffer.from(text, "base64");
        this.server = new URL(cluster.server);
        this.agent = new Agent({
            keepAlive: true,
            maxSockets: 8,
            ca: decode(cluster["certificate-authority-data"]),
            cert: decode(user["client-certificate-data"]),
            key: decode(user["client-key-data"]),
        });
        this.namespace = namespace;
    }

    /** The answers that refuse something; empty when every object is accepted. */
    async refusals(objects: readonly KubernetesObject[]): Promise<Answer[]> {
        const answers = await Promise.all(objects.map((object) => this.ask(object)));
        return answers.filter((answer) => answer !== undefined).filter(({ status }) => status >= 300);
    }

    /** Lets go of the connections. */
    close(): void {
        this.agent.destroy();
    }

    private async ask(object: KubernetesObject): Promise<Answer | undefined> {
        const { apiVersion, kind, metadata } = object;
        const resource = (await this.kindsOf(apiVersion))?.find((one) => one.kind === kind);
        if (resource === undefined) {
            this.unserved.add(`${apiVersion} ${kind}`);
            return undefined;
        }
        const placed = resource.namespaced
            ? { ...object, metadata: { ...metadata, namespace: this.namespace } }
            : object;
        const body = JSON.stringify(placed);
        if (this.accepted.has(body)) return undefined;
        const scope = resource.namespaced ? `/namespaces/${this.namespace}` : "";
        const path = `${rootOf(apiVersion)}${scope}/${resource.name}/${encodeURIComponent(metadata.name)}`;
        const query = "fieldManager=generated-settings&force=true&dryRun=All&fieldValidation=Strict";
        this.sent += 1;
        const { status, text } = await this.send("PATCH", `${path}?${query}`, body);
        if (status < 300) this.accepted.add(body);
        return { object, status, message: status < 300 ? "" : messageOf(text) };
    }

    private kindsOf(apiVersion: string): Promise<Resource[] | undefined> {
        const known = this.kinds.get(apiVersion);
        if (known !== undefined) return known;
        const asked = this.send("GET", rootOf(apiVersion)).then(({ status, text }) => {
            if (status === 404) return undefined;
            if (status !== 200) throw new Error(`the API server does not tell of ${apiVersion}: ${messageOf(text)}`);
            const { resources } = JSON.parse(text) as { resources: Resource[] };
            return resources.filter(({ name }) => !name.includes("/"));
        });
        this.kinds.set(apiVersion, asked);
        return asked;
    }

    private send(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
        return new Promise((resolve, reject) => {
            const headers = body === undefined ? {} : { "Content-Type": "application/apply-patch+yaml" };
            const { hostname, port } = this.server;
            const sent = request({ hostname, port, path, method, agent: this.agent, headers }, (response) => {
                let text = "";
                response.setEncoding("utf8").on("data", (part: string) => (text += part));
                response.on("end", () => {
                    resolve({ status: response.statusCode ?? 0, text });
                });
            });
            sent.on("error", reject).end(body);
        });
    }
}

function rootOf(apiVersion: string): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function messageOf(text: string): string {
    try {
        return (JSON.parse(text) as { message?: string }).message ?? text;
    } catch {
        return text;
    }
}

/** Refusals that no settings can foresee: they depend on what else the cluster has. */
const onlyTheClusterKnows = [
    /provided IP is not in the valid range/,
    /IPv[46] is not configured on this cluster/,
    /provided IP is already allocated/,
    /provided port is not in the valid range/,
    /provided port is already allocated/,
    /failed to allocate (IP|requested IP)/,
];

/** Whether a refusal says something of this one cluster, not of the object. */
export function dependsOnCluster({ message }: Answer): boolean {
    return onlyTheClusterKnows.some((pattern) => pattern.test(message));
}
