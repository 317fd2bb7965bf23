import type * as pulumi from "@pulumi/pulumi";

import type { HarborEndpointArgs } from "../../plugin/sdk/harborEndpoint.ts";
import type { HarborProjectArgs } from "../../plugin/sdk/harborProject.ts";
import type { HarborPermissionArgs } from "../../plugin/sdk/harborRobot.ts";
import type { HarborRuleArgs } from "../../plugin/sdk/harborRule.ts";

/** When a rule is run by `up`. */
export type RunWhen = "never" | "onChange" | "always";

/** What a robot may do. */
export type RobotRole = "pull" | "push" | "replicationSource" | "replicationTarget" | "administerReplication";

/** An endpoint. Its name is plain, because it names a resource. */
export interface EndpointArgs extends Omit<HarborEndpointArgs, "name"> {
    /** Name, by which rules and projects call it. */
    name: string;
}

/** When and how a rule is run. */
export interface RunArgs {
    /** `never`, `onChange` (of the rule, or its endpoint's address) or `always`. Plain, because it decides whether there is a run. */
    when: RunWhen;
    /** Whether `up` waits for its end and judges it. Default: true. */
    wait?: pulumi.Input<boolean> | undefined;
    /** How long it may take, in seconds. Default: 3600. */
    timeoutSeconds?: pulumi.Input<number> | undefined;
    /** How long a failure must last, in seconds. Default: 130. */
    retryGraceSeconds?: pulumi.Input<number> | undefined;
    /** Whether finding nothing is an error. Default: true. */
    requireImages?: pulumi.Input<boolean> | undefined;
    /** Whether digests are compared on both sides, from where Pulumi runs. Default: false. */
    compareDigests?: boolean | undefined;
}

/** A rule. It names its endpoint as `endpoints` does. */
export interface RuleArgs extends Omit<HarborRuleArgs, "name" | "endpoint" | "endpointType"> {
    /** Name. */
    name: string;
    /** Name of one of the endpoints. */
    endpoint: string;
    /** Default: never. */
    run?: RunArgs | undefined;
}

/** A project. With `proxyEndpoint`, a cache of that endpoint. */
export interface ProjectArgs extends Omit<HarborProjectArgs, "name" | "proxyEndpoint"> {
    /** Name, the first part of its images' names. */
    name: string;
    /** Name of one of the endpoints. */
    proxyEndpoint?: string | undefined;
}

/** A login for machines. */
export interface RobotArgs {
    /** Name without Harbor's prefix. */
    name: string;
    /** What it may do. */
    role: RobotRole;
    /** Projects that the role is for; `*` is every one. `administerReplication` has none. Default: every one. */
    projects?: readonly string[] | undefined;
    /** For people. Default: none. */
    description?: pulumi.Input<string> | undefined;
    /** Days until it expires. Default: -1, never. */
    durationDays?: pulumi.Input<number> | undefined;
    /** Number of its secret: another number is another secret. Default: 1. */
    generation?: pulumi.Input<number> | undefined;
    /** Permissions besides those of the role. Default: none. */
    extraPermissions?: readonly HarborPermissionArgs[] | undefined;
    /** Whether a robot of that name is taken over, with a new secret. Default: false. */
    adopt?: pulumi.Input<boolean> | undefined;
}

/** A robot's login as a Secret that pods pull with. */
export interface RobotPullSecretArgs {
    /** Name of one of the robots. */
    robot: string;
    /** Harbor as image references name it: `host` or `host:port`. */
    host: string;
    /** Name of the Secret. */
    name: string;
    /** Existing namespaces that get it. */
    namespaces: readonly string[];
}

/** Arguments of {@link HarborReplication}. */
export interface HarborReplicationArgs {
    /** Registries that are copied from and to. Default: none. */
    endpoints?: readonly EndpointArgs[] | undefined;
    /** What is copied. Default: nothing. */
    rules?: readonly RuleArgs[] | undefined;
    /** Projects that replication needs. Default: none. */
    projects?: readonly ProjectArgs[] | undefined;
    /** Logins for machines. Default: none. */
    robots?: readonly RobotArgs[] | undefined;
    /** A robot's login for pods. Default: none. */
    pullSecret?: RobotPullSecretArgs | undefined;
}
