import { parse } from "yaml";

import type { KubeObject } from "../copier/apiServer.ts";
import type { Session } from "../resource.ts";
import { judgeQuay, type Judgement } from "./judgement.ts";
import { entryOf, paths } from "./objects.ts";
import { settle } from "./waiting.ts";

/** Which Quay. */
export interface Where {
    readonly namespace: string;
    /** Name of the QuayRegistry. */
    readonly registry: string;
    /** Secret with its configuration. */
    readonly bundle: string;
    readonly timeoutSeconds: number;
    /** Version of the operator, `quay-operator.v3.17.0`, where it is known: Quay's own is the same then. */
    readonly operatorVersion?: string;
}

interface Source {
    secretName?: string;
    name?: string;
}

interface Deployment {
    metadata: { generation?: number };
    spec?: {
        replicas?: number;
        template?: { spec?: { volumes?: { secret?: Source; projected?: { sources?: { secret?: Source }[] } }[] } };
    };
    status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; availableReplicas?: number };
}

/**
 * Waits until a Quay runs as its bundle says, in its operator's version. Returns the QuayRegistry. `anew` is for one that was made just now: what
 * its operator says of it is about this bundle, and no older one.
 */
export async function awaitQuay(where: Where, session: Session, anew = false): Promise<KubeObject> {
    let found: KubeObject | undefined;
    const look = async (): Promise<Judgement> => {
        found = await (await session.api()).get(paths.registry(where.namespace, where.registry));
        if (found === undefined)
            throw new Error(`there is no QuayRegistry ${where.registry} in the namespace ${where.namespace}`);
        const judged = judgeQuay(found);
        if (judged.state !== "ready") return judged;
        const old = olderThan(where.operatorVersion, found);
        return old === undefined ? await usesBundle(where, session) : { state: "waiting", why: old };
    };
    await settle(`Quay ${where.namespace}/${where.registry}`, where.timeoutSeconds, session, look, anew);
    if (found === undefined) throw new Error("unreachable");
    return found;
}

/** Whether the pods have the bundle as it is now: what the operator rendered of it for them holds every field, and no pod is an older one. */
async function usesBundle({ namespace, registry, bundle }: Where, session: Session): Promise<Judgement> {
    const api = await session.api();
    const given = await api.get(paths.secret(namespace, bundle));
    const wanted = entryOf(given, "config.yaml");
    if (wanted === undefined) throw new Error(`the Secret ${namespace}/${bundle} has no config.yaml`);
    const app = (await api.get(paths.app(namespace, registry))) as Deployment | undefined;
    if (app === undefined) return { state: "waiting", why: `there is no Deployment ${registry}-quay-app yet` };
    const name = renderedName(app, registry);
    if (name === undefined) return { state: "waiting", why: "its pods have no configuration yet" };
    const rendered = entryOf(await api.get(paths.secret(namespace, name)), "config.yaml");
    const mounted = await Promise.all(mountedSecrets(app).map((one) => api.get(paths.secret(namespace, one))));
    const behind = [...missingFields(rendered ?? "", wanted), ...otherFiles(mounted, given)];
    if (behind.length > 0)
        return { state: "waiting", why: `its pods have not got the configuration yet: ${behind.join(", ")}` };
    const { generation = 0 } = app.metadata;
    const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = app.status ?? {};
    if (
        observedGeneration < generation ||
        updatedReplicas < (app.spec?.replicas ?? 1) ||
        replicas > updatedReplicas ||
        availableReplicas < 1
    )
        return { state: "waiting", why: "its pods are being replaced by ones with the new configuration" };
    return { state: "ready" };
}

/** In words, that it runs in an older version than its operator's. Undefined where it does not, or where a version cannot be told. */
export function olderThan(operatorVersion: string | undefined, { status }: KubeObject): string | undefined {
    const { currentVersion } = (status ?? {}) as { currentVersion?: string };
    const [now, wanted] = [currentVersion, operatorVersion].map((text) => /\d+\.\d+\.\d+/.exec(text ?? "")?.[0]);
    // OLM may have upgraded it since the last update looked.
    if (now === undefined || wanted === undefined || now.localeCompare(wanted, "en", { numeric: true }) >= 0) return;
    return `it runs in version ${now}, and its operator is of version ${wanted}`;
}

/** Names of the Secrets that are files of the pods. */
function mountedSecrets({ spec }: Deployment): string[] {
    const names = (spec?.template?.spec?.volumes ?? []).flatMap(({ secret, projected }) => [
        secret?.secretName,
        ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ]);
    return [...new Set(names.filter((one) => one !== undefined))];
}

/** Entries of the bundle besides `config.yaml`, such as its certificate, that the pods have with another content. */
function otherFiles(mounted: readonly (KubeObject | undefined)[], bundle: KubeObject | undefined): string[] {
    const keys = Object.keys((bundle?.data as object | undefined) ?? {}).filter((key) => key !== "config.yaml");
    return keys.filter((key) => {
        const there = mounted.map((one) => entryOf(one, key)).filter((one) => one !== undefined);
        return there.length > 0 && !there.includes(entryOf(bundle, key) ?? "");
    });
}

/** Each configuration has a Secret with a name of its own. */
function renderedName({ spec }: Deployment, registry: string): string | undefined {
    const text = JSON.stringify(spec?.template ?? {});
    const at = text.indexOf(`"${registry}-quay-config-secret-`);
    return at === -1 ? undefined : text.slice(at + 1, text.indexOf('"', at + 1));
}

/** Fields of the bundle's `config.yaml` that the rendered one has not, or has otherwise. Values are never told. */
export function missingFields(rendered: string, bundle: string): string[] {
    const there = (parse(rendered) ?? {}) as Record<string, unknown>;
    const wanted = (parse(bundle) ?? {}) as Record<string, unknown>;
    return Object.keys(wanted).filter((key) => !holds(there[key], wanted[key]));
}

/** Whether the operator's value is the given one. It may add fields. */
function holds(there: unknown, wanted: unknown): boolean {
    if (typeof wanted !== "object" || wanted === null) return there === wanted;
    if (typeof there !== "object" || there === null) return false;
    if (Array.isArray(wanted) && (!Array.isArray(there) || there.length !== wanted.length)) return false;
    return Object.entries(wanted).every(([key, value]) => holds((there as Record<string, unknown>)[key], value));
}
