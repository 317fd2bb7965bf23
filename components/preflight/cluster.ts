import { existsSync } from "node:fs";
import { delimiter } from "node:path";

import type { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

/** A part of the API, as its paths name it. */
export interface ApiKind {
    group: string;
    version: string;
    /** Plural, as in paths: `ingressroutetcps`. */
    plural: string;
}

/** An object of any kind, as far as it is looked at here. */
export interface AnyObject {
    metadata?: {
        namespace?: string;
        name?: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        /** RFC 3339, as all times here. */
        creationTimestamp?: string;
        deletionTimestamp?: string;
        managedFields?: { time?: string }[];
    };
    spec?: Record<string, unknown>;
    status?: Record<string, unknown>;
    /** Of a ConfigMap plain, of a Secret in base64. */
    data?: Record<string, string>;
}

/** What is asked of a cluster before anything is made in it. Nothing is written. */
export interface Cluster {
    /** Whether there is such a namespace. */
    hasNamespace(name: string): Promise<boolean>;
    /** Every object of a kind, in one namespace or in all, and undefined where the cluster does not serve the kind. */
    list(kind: ApiKind, namespace?: string): Promise<AnyObject[] | undefined>;
    /** One object, or undefined. */
    read(kind: ApiKind, namespace: string, name: string): Promise<AnyObject | undefined>;
    /** What the API server has against a Service with this spec, or undefined. A dry run in the namespace `default`. */
    refusal(spec: object): Promise<string | undefined>;
}

/** A question that got no answer: not the same as "no". */
export class Unanswered extends Error {
    /** Whether the cluster could not be reached at all. */
    readonly unreachable: boolean;

    constructor(question: string, cause: unknown) {
        const { code, message } = problemOf(cause);
        super(`${question}: ${message}`, { cause });
        this.unreachable = code === undefined;
    }
}

/** Connects to the cluster of a kubeconfig: its text, one or more paths, or undefined for kubectl's own default. */
export async function connect(kubeconfig: string | undefined): Promise<Cluster> {
    // Half a second to load, which only those pay who make or change something.
    const client = await import("@kubernetes/client-node");
    const config = new client.KubeConfig();
    load(config, kubeconfig, () => new client.KubeConfig());
    const core = config.makeApiClient(client.CoreV1Api);
    const custom = config.makeApiClient(client.CustomObjectsApi);
    return {
        hasNamespace: async (name) =>
            (await found(`whether the namespace ${name} exists`, core.readNamespace({ name }))) !== undefined,
        list: async (kind, namespace) => {
            const asked: Promise<unknown> =
                kind.group === ""
                    ? coreList(core, kind.plural, namespace)
                    : namespace === undefined
                      ? custom.listClusterCustomObject(kind)
                      : custom.listNamespacedCustomObject({ ...kind, namespace });
            const answer = await found(`which ${kind.plural} the cluster has`, asked);
            return (asSent(answer) as { items: AnyObject[] } | undefined)?.items;
        },
        read: async (kind, namespace, name) => {
            const asked: Promise<unknown> =
                kind.group === ""
                    ? coreRead(core, kind.plural, namespace, name)
                    : custom.getNamespacedCustomObject({ ...kind, namespace, name });
            return asSent(await found(`whether there is ${kind.plural} ${namespace}/${name}`, asked)) as
                AnyObject | undefined;
        },
        refusal: async (spec) => {
            const metadata = Object.assign(new client.V1ObjectMeta(), { generateName: "siteregistry-" });
            const body = Object.assign(new client.V1Service(), { metadata, spec });
            try {
                await core.createNamespacedService({ namespace: "default", dryRun: "All", body });
                return undefined;
            } catch (error) {
                const { code, message } = problemOf(error);
                if (code === 422) return message;
                throw new Unanswered("whether the API server takes the Service", error);
            }
        },
    };
}

/** The client for custom objects knows no path of the core group. */
function coreList(core: CoreV1Api, plural: string, namespace: string | undefined): Promise<unknown> {
    if (plural === "services" && namespace === undefined) return core.listServiceForAllNamespaces();
    if (plural === "nodes") return core.listNode();
    if (plural === "pods" && namespace !== undefined) return core.listNamespacedPod({ namespace });
    throw new Error(`no list of ${plural} is known here`);
}

function coreRead(core: CoreV1Api, plural: string, namespace: string, name: string): Promise<unknown> {
    if (plural === "configmaps") return core.readNamespacedConfigMap({ namespace, name });
    if (plural === "secrets") return core.readNamespacedSecret({ namespace, name });
    if (plural === "persistentvolumeclaims") return core.readNamespacedPersistentVolumeClaim({ namespace, name });
    throw new Error(`no reading of ${plural} is known here`);
}

/** An answer as the API server wrote it: the client makes dates of times. */
function asSent(answer: unknown): unknown {
    return answer === undefined ? undefined : JSON.parse(JSON.stringify(answer));
}

/** The answer, or undefined where the API server says that there is no such thing. */
async function found<T>(question: string, answer: Promise<T>): Promise<T | undefined> {
    try {
        return await answer;
    } catch (error) {
        if (problemOf(error).code === 404) return undefined;
        throw new Unanswered(question, error);
    }
}

/** Status and words of the API server; without a status there was no answer at all. */
function problemOf(error: unknown): { code: number | undefined; message: string } {
    const { code, body, message, cause } = error as {
        code?: unknown;
        body?: unknown;
        message?: string;
        cause?: { message?: string };
    };
    if (typeof code !== "number") return { code: undefined, message: cause?.message ?? message ?? String(error) };
    return { code, message: statusMessage(body) ?? message ?? String(error) };
}

function statusMessage(body: unknown): string | undefined {
    if (typeof body !== "string") return (body as { message?: string } | undefined)?.message;
    try {
        return (JSON.parse(body) as { message?: string }).message;
    } catch {
        return undefined;
    }
}

function load(config: KubeConfig, given: string | undefined, another: () => KubeConfig): void {
    if (given === undefined || given === "") {
        config.loadFromDefault();
        return;
    }
    const files = given.split(delimiter).filter((file) => existsSync(file));
    const [first, ...others] = files;
    if (first === undefined) {
        config.loadFromString(given);
        return;
    }
    config.loadFromFile(first);
    for (const file of others) {
        const next = another();
        next.loadFromFile(file);
        config.mergeConfig(next, true);
    }
}
