import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

import { isStatus, type ApiServer, type KubeObject } from "../../plugin/copier/apiServer.ts";
import type { ImageApi } from "./imageApi.ts";
import { configPath, domain, imagePath, operatorManager, routesPath } from "./objects.ts";

interface Spec {
    managementState?: string;
    defaultRoute?: boolean;
    routes?: { name: string; hostname?: string; secretName?: string }[];
    storage?: Record<string, unknown>;
    httpSecret?: string;
    [field: string]: unknown;
}

type Verdict = { reason: string; message: string } | undefined;

const annotation = "imageregistry.openshift.io";
const backends = ["emptyDir", "s3", "gcs", "swift", "pvc", "azure", "ibmcos"];
const lookMs = 150;

/**
 * The operators that have to do with the registry, as openshift/cluster-image-registry-operator and the router behave: write-back of the whole spec,
 * conditions, routes with generated hosts, a state that it does not know ignored, routes gone when it is removed.
 */
export class Operators {
    /** What the registry's operator finds wrong besides what it sees. */
    broken: Verdict;
    /** Whether it does anything at all: one that is down leaves everything as it was. */
    asleep = false;
    /** Hosts that the router gives to nobody. */
    readonly refusedHosts = new Set<string>();
    private readonly api: ApiServer;
    private readonly images: ImageApi;
    private readonly ending = new AbortController();
    private running: Promise<void> | undefined;

    constructor(api: ApiServer, images: ImageApi) {
        this.api = api;
        this.images = images;
    }

    async start(): Promise<void> {
        await this.look();
        this.running = this.run();
    }

    async stop(): Promise<void> {
        this.ending.abort();
        await this.running;
    }

    private async run(): Promise<void> {
        while (!this.ending.signal.aborted) {
            try {
                if (!this.asleep) await this.look();
            } catch (error) {
                // Somebody else wrote in between, or the server is busy: it looks again.
                if (!(error instanceof Error)) throw error;
            }
            await sleep(lookMs);
        }
    }

    private async look(): Promise<void> {
        const config = await this.api.get(configPath);
        if (config === undefined) return;
        const spec = (config.spec ?? {}) as Spec;
        switch (spec.managementState) {
            case "Removed":
                await this.keepRoutes([]);
                await this.tell(config, { available: "Removed", degraded: undefined });
                return;
            case "Managed":
                await this.manage(config, spec);
                return;
            case "Unmanaged":
                await this.tell(config, { available: "Unmanaged", degraded: undefined });
                return;
            default: // "unknown custom resource state": nothing is done, and nothing is said
        }
    }

    private async manage(config: KubeObject, spec: Spec): Promise<void> {
        const trouble = this.broken ?? verify(spec);
        if (trouble !== undefined) {
            await this.tell(config, { available: "DeploymentNotFound", degraded: trouble });
            return;
        }
        if (spec.httpSecret === undefined) {
            // It writes the whole of what it has read.
            const completed = { ...config, spec: { ...spec, httpSecret: "of-the-operator", observedConfig: null } };
            await this.api.send("PUT", `${configPath}?fieldManager=${operatorManager}`, completed);
            return;
        }
        const named = (spec.routes ?? []).map(({ name, hostname = "", secretName }) => ({
            name,
            hostname,
            secretName,
        }));
        const byDefault = { name: "default-route", hostname: "", secretName: undefined };
        for (const { name, secretName } of named) {
            if (secretName === undefined || secretName === "") continue;
            const path = `/api/v1/namespaces/openshift-image-registry/secrets/${secretName}`;
            if ((await this.api.get(path)) !== undefined) continue;
            const message = `unable to apply objects: route ${name}: secrets "${secretName}" not found`;
            await this.tell(config, { available: "Ready", degraded: { reason: "RouteDegraded", message } });
            return;
        }
        await this.keepRoutes([...(spec.defaultRoute === true ? [byDefault] : []), ...named]);
        await this.tell(config, { available: "Ready", degraded: undefined });
    }

    /** The operator's routes, and what the API server and the router make of them. */
    private async keepRoutes(
        wanted: { name: string; hostname: string; secretName: string | undefined }[],
    ): Promise<void> {
        const { items } = await this.api.list(routesPath);
        const own = items.filter(({ metadata }) => metadata.annotations?.[annotation] === "true");
        for (const { metadata } of own) {
            if (wanted.some(({ name }) => name === metadata.name)) continue;
            await this.api.send("DELETE", `${routesPath}/${metadata.name}`);
        }
        const hosts: string[] = [];
        for (const { name, hostname, secretName } of wanted) {
            const host = hostname === "" ? `${name}-openshift-image-registry.${domain}` : hostname;
            const found = own.find(({ metadata }) => metadata.name === name);
            const tls = { termination: "reencrypt", ...(await this.certificate(secretName)) };
            const spec = { host, to: { kind: "Service", name: "image-registry" }, tls };
            let route = found;
            if (found === undefined) {
                const metadata = { name, namespace: "openshift-image-registry", annotations: { [annotation]: "true" } };
                const made = { apiVersion: "route.openshift.io/v1", kind: "Route", metadata, spec };
                route = (await this.api.send(
                    "POST",
                    `${routesPath}?fieldManager=${operatorManager}`,
                    made,
                )) as KubeObject;
            } else if (!holds(found.spec as object, spec)) {
                const headers = { "content-type": "application/merge-patch+json" };
                const path = `${routesPath}/${name}?fieldManager=${operatorManager}`;
                route = (await this.api.send("PATCH", path, { spec }, headers)) as KubeObject;
            }
            if (route !== undefined) await this.admit(route, host);
            hosts.push(host);
        }
        this.images.publicHost = hosts[0];
        await this.publish(hosts);
    }

    private async certificate(secretName: string | undefined): Promise<object> {
        if (secretName === undefined) return {};
        const secret = await this.api.get(`/api/v1/namespaces/openshift-image-registry/secrets/${secretName}`);
        const data = (secret?.data ?? {}) as Record<string, string>;
        const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString();
        return { certificate: text("tls.crt"), key: text("tls.key"), caCertificate: text("tls.cacrt") };
    }

    private async admit(route: KubeObject, host: string): Promise<void> {
        const refused = this.refusedHosts.has(host);
        const admitted = {
            type: "Admitted",
            status: refused ? "False" : "True",
            ...(refused ? { reason: "HostAlreadyClaimed", message: `a route in another namespace holds ${host}` } : {}),
        };
        const { ingress = [] } = (route.status ?? {}) as { ingress?: { conditions: (typeof admitted)[] }[] };
        if (ingress[0]?.conditions[0]?.status === admitted.status) return;
        const status = { ingress: [{ host, routerName: "default", conditions: [admitted] }] };
        await this.api.send("PUT", `${routesPath}/${route.metadata.name}/status`, { ...route, status });
    }

    /** What it tells everybody else of its hosts: the default one first. */
    private async publish(hosts: readonly string[]): Promise<void> {
        const image = await this.api.get(imagePath);
        if (image === undefined) return;
        const status = {
            internalRegistryHostname: "image-registry.openshift-image-registry.svc:5000",
            ...(hosts.length === 0 ? {} : { externalRegistryHostnames: hosts }),
        };
        if (isDeepStrictEqual(image.status, status)) return;
        await this.api.send("PUT", `${imagePath}/status?fieldManager=${operatorManager}`, { ...image, status });
    }

    private async tell(
        config: KubeObject,
        { available, degraded }: { available: string; degraded: Verdict },
    ): Promise<void> {
        const now = (await this.api.get(configPath)) ?? config;
        const works = ["Ready", "Removed", "Unmanaged"].includes(available);
        const condition = (type: string, status: boolean, reason: string, message = ""): object => ({
            ...{ type, status: status ? "True" : "False", reason, message, lastTransitionTime: "2026-11-21T00:00:00Z" },
        });
        const conditions = [
            condition("Available", works, available),
            condition("Progressing", !works, works ? available : "DeploymentNotCompleted"),
            condition("Degraded", degraded !== undefined, degraded?.reason ?? "AsExpected", degraded?.message),
            condition("Removed", available === "Removed", available),
        ];
        const status = {
            ...{ storage: {}, storageManaged: false, readyReplicas: works ? 1 : 0, generations: [] },
            ...{ observedGeneration: config.metadata.generation, conditions },
        };
        if (isDeepStrictEqual(now.status, status)) return;
        try {
            await this.api.send("PUT", `${configPath}/status?fieldManager=${operatorManager}`, { ...now, status });
        } catch (error) {
            if (!isStatus(error, 409)) throw error;
        }
    }
}

/** Whether an object has these fields, and any others besides. */
function holds(there: object, wanted: object): boolean {
    return Object.entries(wanted).every(([key, value]) => {
        const found = (there as Record<string, unknown>)[key];
        return typeof value === "object" && typeof found === "object" && found !== null
            ? holds(found, value as object)
            : found === value;
    });
}

/** What makes it say `Degraded` without having done anything. */
function verify({ storage = {}, routes = [] }: Spec): Verdict {
    const given = Object.keys(storage).filter((key) => backends.includes(key));
    if (given.length === 0) return { reason: "StorageNotConfigured", message: "storage backend not configured" };
    if (given.length > 1)
        return {
            reason: "VerificationFailed",
            message: `exactly one storage type should be configured at the same time, got ${given.length.toString()}: [${given.join(" ")}]`,
        };
    const names = routes.map(({ name }) => name);
    if (new Set(names).size < names.length) return { reason: "VerificationFailed", message: "duplicate route" };
    return undefined;
}
