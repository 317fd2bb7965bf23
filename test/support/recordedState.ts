import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { expanded } from "./compactState.ts";

/** Where recordings are: `<name>.yaml` with the settings, and `<name>.json` with what `pulumi stack export` said after an `up`. */
export const recordings = join(import.meta.dirname, "..", "recorded", "sites");

/** The passphrase of every recorded state. What it keeps was made for the recording, of a site that is gone. */
export const recordedPassphrase = "recorded";

/** A resource of a recorded state. */
export interface RecordedResource {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly custom?: boolean;
    readonly parent?: string;
    readonly dependencies?: readonly string[];
    readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
    readonly external?: boolean;
    readonly inputs?: Record<string, unknown>;
    readonly outputs?: Record<string, unknown>;
}

/** What `pulumi stack export` writes, as far as it is looked at here. */
export interface RecordedState {
    readonly version: number;
    readonly deployment: { readonly resources: RecordedResource[] };
}

/** Names of all recordings. */
export function recordedNames(): string[] {
    const files = readdirSync(recordings).filter((file) => file.endsWith(".json"));
    return files.map((file) => file.replace(/\.json$/, "")).sort();
}

/** The settings of a recording. */
export function recordedSettings(name: string): Record<string, unknown> {
    return parse(readFileSync(join(recordings, `${name}.yaml`), "utf8")) as Record<string, unknown>;
}

/** The state of a recording. */
export function recordedState(name: string): RecordedState {
    return expanded(readFileSync(join(recordings, `${name}.json`), "utf8")) as RecordedState;
}

/** What of a state is made of chance, and what that is in: keys, passwords, and names by which others know the site. */
export function ofChance(state: RecordedState): RecordedState {
    const { resources } = state.deployment;
    const isKept = ({ type, custom }: RecordedResource): boolean =>
        custom !== true || /^(pulumi:providers:)?(random|tls)\b/.test(type);
    const kept = resources.filter(isKept);
    const urns = new Set(kept.map(({ urn }) => urn));
    const those = (dependencies: readonly string[]) => dependencies.filter((urn) => urns.has(urn));
    const made = kept.map(({ outputs, dependencies = [], propertyDependencies = {}, ...rest }) => ({
        ...rest,
        // Of a component, what it told of things that are not there.
        ...(rest.custom === true ? { outputs } : {}),
        dependencies: those(dependencies),
        propertyDependencies: Object.fromEntries(
            Object.entries(propertyDependencies).map(([key, urns]) => [key, those(urns)]),
        ),
    })) as RecordedResource[];
    return { ...state, deployment: { ...state.deployment, resources: made } };
}

/** Kubernetes' objects of a state, in the order they were made. Its secrets are shown. */
export function objectsOf(resources: readonly RecordedResource[]): Record<string, unknown>[] {
    const volume = resources.find(({ type }) => type === "kubernetes:core/v1:PersistentVolumePatch");
    const volumes = volume === undefined ? [] : [volumeOf(shown(volume.outputs) as Record<string, unknown>)];
    const objects = resources
        .filter((one) => one.type.startsWith("kubernetes:") && one.external !== true && one !== volume)
        .map((one) => {
            const inputs = shown(one.inputs) as Record<string, unknown>;
            // Its certificate and its nodes know the registry by this address.
            const { clusterIP } = ((one.outputs ?? {}).spec ?? {}) as { clusterIP?: string };
            return inputs.kind === "Service" ? { ...inputs, spec: { ...(inputs.spec as object), clusterIP } } : inputs;
        });
    return [
        ...objects.map((one) =>
            one.kind === "PersistentVolumeClaim" && volumes[0] !== undefined
                ? { ...one, spec: { ...(one.spec as object), storageClassName: "local-path", volumeName: volume?.id } }
                : one,
        ),
        ...volumes,
    ];
}

/** An object whose pods do not start, where it is one that has any. A preview compares settings, and pods take minutes to go. */
export function asleep(object: Record<string, unknown>): Record<string, unknown> {
    const spec = object.spec as Record<string, unknown>;
    if (object.kind === "Deployment") return { ...object, spec: { ...spec, replicas: 0 } };
    if (object.kind === "Job") return { ...object, spec: { ...spec, suspend: true } };
    if (object.kind !== "DaemonSet") return object;
    const template = spec.template as { spec: object };
    const nowhere = { ...template, spec: { ...template.spec, nodeSelector: { "siteregistry/nowhere": "" } } };
    return { ...object, spec: { ...spec, template: nowhere } };
}

/** A volume as its claim had it, for a claim that has not its old uid. */
function volumeOf({ spec, metadata }: Record<string, unknown>): Record<string, unknown> {
    const { claimRef, ...rest } = spec as { claimRef: { name: string; namespace: string } };
    const { name, namespace } = claimRef;
    return {
        ...{ apiVersion: "v1", kind: "PersistentVolume" },
        metadata: { name: (metadata as { name: string }).name },
        spec: { ...rest, claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", name, namespace } },
    };
}

/** A value without the wrapping of secrets, as `--show-secrets` has it. */
function shown(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(shown);
    if (typeof value !== "object" || value === null) return value;
    if ("plaintext" in value) return shown(JSON.parse(String(value.plaintext)));
    const entries = Object.entries(value).filter(([key]) => key !== "__internal");
    return Object.fromEntries(entries.map(([key, one]) => [key, shown(one)]));
}
