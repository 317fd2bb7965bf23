import { createHash, X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { parse, stringify } from "yaml";

import type { ApiServer, KubeObject } from "../../plugin/copier/apiServer.ts";
import { Olm } from "./olm.ts";
import { Parts, type Component } from "./parts.ts";
import type { QuayServer } from "./server.ts";

const lookMs = 150;
const mergePatch = { "content-type": "application/merge-patch+json" };
const finalizer = "quay-operator/finalizer";
const at = "2026-11-21T00:00:00Z";
/** How many looks a Quay goes on in its old version once its operator has a new one, with all conditions good. */
const upgradeLooks = 8;
const quayGroup = "quay.redhat.com/v1";

interface QuaySpec {
    configBundleSecret?: string;
    components?: Component[];
}

interface QuayStatus {
    currentVersion?: string;
    conditions?: object[];
}

/**
 * OLM, the operator of Quay and that of the bridge, as far as the facts describe them: a bundle that is checked and rendered under another name each
 * time, parts that use it, conditions, components written back, versions, a finalizer, and owners of what belongs to a Quay.
 */
export class QuayOperators {
    readonly olm: Olm;
    /** Every value that the flag for the first user has had. */
    readonly flags: boolean[] = [];
    private readonly api: ApiServer;
    private readonly quay: QuayServer;
    private readonly namespace: string;
    private readonly parts: Parts;
    private readonly ending = new AbortController();
    private running: Promise<void> | undefined;
    private waited = 0;

    constructor(api: ApiServer, quay: QuayServer, namespace: string) {
        this.api = api;
        this.quay = quay;
        this.namespace = namespace;
        this.olm = new Olm(api, namespace);
        this.parts = new Parts(api, namespace);
    }

    start(): void {
        this.running = this.run();
    }

    async stop(): Promise<void> {
        this.ending.abort();
        await this.running;
    }

    private async run(): Promise<void> {
        while (!this.ending.signal.aborted) {
            try {
                await this.olm.look();
                await this.registries();
                await this.integrations();
            } catch (error) {
                // Somebody else wrote in between: it looks again.
                if (!(error instanceof Error)) throw error;
            }
            await sleep(lookMs);
        }
    }

    private path(plural: string, name = ""): string {
        const root = plural === "secrets" ? "/api/v1" : `/apis/${quayGroup}`;
        return `${root}/namespaces/${this.namespace}/${plural}${name === "" ? "" : `/${name}`}`;
    }

    private async status(path: string, status: object): Promise<void> {
        await this.api.send("PATCH", `${path}/status`, { status }, mergePatch);
    }

    /** The bridge's operator: it wants the Secret with its token. */
    private async integrations(): Promise<void> {
        const collection = `/apis/${quayGroup}/quayintegrations`;
        if ((await this.api.get(collection)) === undefined) return;
        for (const { metadata, spec, status } of (await this.api.list(collection)).items) {
            const { credentialsSecret } = spec as { credentialsSecret: { name: string } };
            const secret = await this.api.get(this.path("secrets", credentialsSecret.name));
            const { token } = (secret?.data ?? {}) as { token?: string };
            if (status === undefined && token !== undefined)
                await this.status(`${collection}/${metadata.name}`, { lastUpdate: at });
        }
    }

    private async registries(): Promise<void> {
        for (const one of (await this.api.list(this.path("quayregistries"))).items) {
            const {
                name,
                finalizers = [],
                deletionTimestamp,
            } = one.metadata as KubeObject["metadata"] & {
                finalizers?: string[];
                deletionTimestamp?: string;
            };
            const path = this.path("quayregistries", name);
            if (deletionTimestamp !== undefined)
                await this.api.send("PATCH", path, { metadata: { finalizers: null } }, mergePatch);
            else if (!finalizers.includes(finalizer))
                await this.api.send("PATCH", path, { metadata: { finalizers: [finalizer] } }, mergePatch);
            else await this.reconcile(one, path);
        }
    }

    private async reconcile(one: KubeObject, path: string): Promise<void> {
        const { configBundleSecret = "", components = [] } = (one.spec ?? {}) as QuaySpec;
        const missing = kinds.filter((kind) => !components.some((part) => part.kind === kind));
        if (missing.length > 0) {
            const all = [...components, ...missing.map((kind) => ({ kind, managed: true }))];
            await this.api.send("PATCH", path, { spec: { components: all } }, mergePatch);
            return;
        }
        const bundle = await this.api.get(this.path("secrets", configBundleSecret));
        if (bundle === undefined) return;
        const data = Object.fromEntries(
            Object.entries(bundle.data as Record<string, string>).map(([key, value]) => [
                key,
                Buffer.from(value, "base64").toString(),
            ]),
        );
        const config = (parse(data["config.yaml"] ?? "") ?? {}) as Record<string, unknown>;
        const managed = (kind: string): boolean => components.some((part) => part.kind === kind && part.managed);
        const trouble = mistakeIn(config, data, managed) ?? (await this.unsupported(managed));
        if (trouble !== undefined) {
            await this.status(path, { conditions: [stamped({ type: "RolloutBlocked", status: "True", ...trouble })] });
            return;
        }
        const owner = { apiVersion: one.apiVersion, kind: one.kind, name: one.metadata.name, uid: one.metadata.uid };
        const prefix = `${one.metadata.name}-quay-config`;
        const rendered = stringify({ ...config, DB_URI: "of-the-operator", SETUP_COMPLETE: true });
        const secrets = [await this.render(`${prefix}-secret`, { "config.yaml": rendered }, owner)];
        const [certificate, key] = [data["ssl.cert"], data["ssl.key"]];
        if (certificate !== undefined && key !== undefined)
            secrets.push(await this.render(`${prefix}-tls`, { "ssl.cert": certificate, "ssl.key": key }, owner));
        await this.parts.reconcile(one, components, secrets);
        if (certificate !== undefined && key !== undefined) this.quay.show({ certificate, key });
        await this.tell(one, path, config);
    }

    /** A Secret with another name for each content. */
    private async render(prefix: string, content: Record<string, string>, owner: object): Promise<string> {
        const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 10);
        const name = `${prefix}-${hash}`;
        if ((await this.api.get(this.path("secrets", name))) === undefined)
            await this.api.send("POST", this.path("secrets"), {
                ...{ apiVersion: "v1", kind: "Secret", metadata: { name, ownerReferences: [owner] } },
                stringData: content,
            });
        return name;
    }

    private async unsupported(managed: (kind: string) => boolean): Promise<Verdict> {
        if (!managed("objectstorage")) return undefined;
        if ((await this.api.get("/apis/objectbucket.io/v1alpha1")) !== undefined) return undefined;
        return {
            reason: "ObjectStorageComponentDependencyError",
            message: "cannot use `objectstorage` component: `ObjectBucketClaims` API not available",
        };
    }

    private async tell(one: KubeObject, path: string, config: Record<string, unknown>): Promise<void> {
        const on = config.FEATURE_USER_INITIALIZE === true;
        if (this.flags.at(-1) !== on) this.flags.push(on);
        this.quay.state.config.initialize = on;
        const { currentVersion, conditions } = (one.status ?? {}) as QuayStatus;
        const version = await this.olm.version();
        // Its conditions are good all the while: `Available` is looked at only now and then.
        if (currentVersion !== undefined && currentVersion !== version && (this.waited += 1) < upgradeLooks) return;
        this.waited = 0;
        const good = [
            { type: "RolloutBlocked", status: "False", reason: "ComponentsCreationSuccess" },
            { type: "ComponentsCreated", status: "True", reason: "ComponentsCreationSuccess" },
            { type: "Available", status: "True", reason: "HealthChecksPassing" },
        ].map(stamped);
        const registryEndpoint = this.quay.urlAs(config.SERVER_HOSTNAME as string | undefined);
        if (currentVersion !== version || JSON.stringify(conditions) !== JSON.stringify(good))
            await this.status(path, { currentVersion: version, registryEndpoint, conditions: good });
    }
}

const kinds = [
    ...["quay", "postgres", "clair", "clairpostgres", "redis", "horizontalpodautoscaler"],
    ...["objectstorage", "route", "mirror", "monitoring", "tls"],
];

type Verdict = { reason: string; message: string } | undefined;

/** What the operator refuses: parts that neither it nor the bundle has, or both, and a certificate for another host. */
function mistakeIn(
    config: Record<string, unknown>,
    files: Record<string, string>,
    managed: (kind: string) => boolean,
): Verdict {
    const invalid = (message: string): Verdict => ({ reason: "ConfigInvalid", message });
    const lacking = (kind: string): Verdict =>
        invalid(
            `required component \`${kind}\` marked as unmanaged, but \`configBundleSecret\` is missing necessary fields`,
        );
    const fields = { objectstorage: "DISTRIBUTED_STORAGE_CONFIG", postgres: "DB_URI" };
    for (const [kind, field] of Object.entries(fields)) {
        if (!managed(kind) && !(field in config)) return lacking(kind);
        if (managed(kind) && field in config)
            return invalid(`${kind} component marked as managed, but \`configBundleSecret\` contains required fields`);
    }
    const [certificate, key] = [files["ssl.cert"], files["ssl.key"]];
    if (managed("tls")) return undefined;
    if (certificate === undefined || key === undefined) return lacking("tls");
    const host = String(config.SERVER_HOSTNAME);
    if (new X509Certificate(certificate).checkHost(host) === undefined)
        return invalid(`provided certificate/key pair does not cover the hostname ${host}`);
    return undefined;
}

function stamped(condition: object): object {
    return { ...condition, lastUpdateTime: at, lastTransitionTime: at };
}
