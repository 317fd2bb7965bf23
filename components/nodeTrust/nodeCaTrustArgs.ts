import type * as pulumi from "@pulumi/pulumi";

import type { TrustContent } from "./files.ts";
import type { KnownPool } from "./pools.ts";
import type { RemovalFailure } from "./removal.ts";
import type { AgentManner } from "./script.ts";

/** A registry host that nodes shall trust. */
export interface TrustedRegistryArgs {
    /** Host as image references name it. Plain, because it is a path on the node. */
    host: string;
    /** Where nodes find it: `https://name-or-address[:port]`. */
    url: pulumi.Input<string>;
    /** Roots to believe there, PEM, one or more. */
    caBundle: pulumi.Input<string>;
}

/** A registry that nodes ask in the place of another. */
export interface MirrorArgs {
    /** Host of the other as image references name it. Plain, because it is a path on the node. */
    upstream: string;
    /** Where nodes find the mirror: `https://name-or-address[:port]`. */
    url: pulumi.Input<string>;
    /** Roots to believe there, PEM, one or more. */
    caBundle: pulumi.Input<string>;
    /** Whether nodes ask the upstream itself where the mirror has not got the image. */
    fallback: boolean;
    /** Repository of the mirror below which the upstream's images are. Without it, they have the same names there. */
    path?: string | undefined;
}

/** What a node logs in with where a pod brings no pull secret. */
export interface NodeCredentialArgs {
    /** Host as image references name it, one of those that are trusted. Plain, because it decides what is made. */
    host: string;
    /** Login name. Kept secret. */
    user: pulumi.Input<string>;
    /** Its password. Kept secret. */
    password: pulumi.Input<string>;
}

/** A line of the nodes' `/etc/hosts`. */
export interface HostsEntryArgs {
    /** Name, without a port. */
    host: string;
    /** Address it stands for. */
    address: pulumi.Input<string>;
}

/** Arguments of `NodeCaTrust`. */
export interface NodeCaTrustArgs extends TrustContent, AgentManner {
    /** Namespace for the agent, made by the component. Who may edit ConfigMaps in it decides what nodes trust. */
    namespace: string;
    /** Image of the agent: any with a POSIX shell and the usual small tools. */
    image: pulumi.Input<string>;
    /** The kinds of nodes, each with a DaemonSet. No node may belong to two. */
    pools: readonly KnownPool[];
    /** Names for `/etc/hosts`, which is mounted only with any. Default: none. */
    hostsEntries?: readonly HostsEntryArgs[] | undefined;
    /** How long an update waits for every Ready node, in seconds. */
    timeoutSeconds: number;
    /** What becomes of a Ready node that does not take its trust back. Default: `wait`. */
    onRemovalFailure?: RemovalFailure | undefined;
    /** Labels of the site's own for every object. They are in no selector. Default: none. */
    labels?: Record<string, string> | undefined;
}
