import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { shortHash } from "../kubernetes/checksum.ts";

/** What a node of one pool shall have: scripts of the agent and files by path on the node. */
export interface BundleContent {
    /** Texts by path in the bundle: `agent.sh`, `files/etc/…`. */
    entries: Record<string, string>;
}

/** A bundle in the cluster. */
export interface BundleObject {
    /** Identifies the content. */
    id: pulumi.Output<string>;
    /** The volume that holds it as a tree. */
    volume: pulumi.Output<k8s.types.input.core.v1.Volume>;
}

/** Arguments of {@link createBundle}. */
export interface BundleArgs {
    /** The object's name is this and the content's hash. */
    objectName: string;
    namespace: string;
    labels: Record<string, string>;
    /** Name of the volume in pods. */
    volumeName: string;
    /** What tells bundles with the same content apart, since each is an object of its own. */
    pool: string;
    /** Texts by path in the bundle. */
    entries: pulumi.Output<Record<string, string>>;
    /** Whether a text is secret. Then the bundle is a Secret. */
    secret: boolean;
}

/**
 * An immutable object named by its content: a finished rollout of it is evidence that every node has it.
 * A secret content's hash is no secret, since it gives nothing of it away.
 */
export function createBundle(name: string, args: BundleArgs, opts: pulumi.CustomResourceOptions): BundleObject {
    const id = pulumi.unsecret(
        args.entries.apply((all) => shortHash(JSON.stringify([args.pool, Object.entries(all).sort()]))),
    );
    const metadata = {
        name: pulumi.interpolate`${args.objectName}-${id}`,
        namespace: args.namespace,
        labels: args.labels,
    };
    const keyed = args.entries.apply((all) =>
        Object.fromEntries(Object.entries(all).map(([path, text]) => [keyOf(path), text])),
    );
    // Names of files are no secret, and a volume that is one would hide the whole pod from review.
    const items = pulumi.unsecret(
        args.entries.apply((all) => Object.keys(all).map((path) => ({ key: keyOf(path), path }))),
    );
    if (args.secret) {
        const made = new k8s.core.v1.Secret(
            name,
            { metadata, immutable: true, stringData: pulumi.secret(keyed) },
            opts,
        );
        const secretName = made.metadata.name;
        return { id, volume: pulumi.output({ name: args.volumeName, secret: { secretName, items } }) };
    }
    const made = new k8s.core.v1.ConfigMap(name, { metadata, immutable: true, data: keyed }, opts);
    return { id, volume: pulumi.output({ name: args.volumeName, configMap: { name: made.metadata.name, items } }) };
}

/** Keys may hold no slash and no colon, and at most 253 characters. No name of a host or a file here has an underscore. */
export function keyOf(path: string): string {
    const key = path.replace(/[^-.\w]/g, "_");
    return key.length <= 253 ? key : `${key.slice(0, 200)}.${shortHash(path)}`;
}
