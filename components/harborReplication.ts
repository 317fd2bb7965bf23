import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { HarborEndpoint } from "../plugin/sdk/harborEndpoint.ts";
import { HarborProject } from "../plugin/sdk/harborProject.ts";
import { HarborRobot } from "../plugin/sdk/harborRobot.ts";
import { HarborRule } from "../plugin/sdk/harborRule.ts";
import { HarborRun, type HarborRunArgs } from "../plugin/sdk/harborRun.ts";
import type {
    EndpointArgs,
    HarborReplicationArgs,
    RobotPullSecretArgs,
    RuleArgs,
    RunArgs,
} from "./harbor/harborReplicationArgs.ts";
import { permissionsOf } from "./harbor/permissions.ts";
import { shortHash } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { dockerConfig } from "./registry/dockerConfig.ts";

/** An endpoint, and what was said of it. */
interface Made {
    readonly args: EndpointArgs;
    readonly resource: HarborEndpoint;
}

/**
 * What an existing Harbor copies from and to other registries, and what that needs around it. The Harbor itself is the one that the
 * plugin's provider was told of. Throws where a rule, project or pull secret names something that is not among the arguments.
 */
export class HarborReplication extends pulumi.ComponentResource {
    /** What each robot logs in as, by its name without the prefix. */
    readonly robotLogins: pulumi.Output<Record<string, string>>;
    /** What each robot logs in with. Secret. */
    readonly robotSecrets: pulumi.Output<Record<string, string>>;
    /** What each rule that was run copied or found to be there, by the rule's name. */
    readonly replicated: pulumi.Output<Record<string, string[]>>;

    constructor(name: string, args: HarborReplicationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("siteregistry:index:HarborReplication", name, {}, opts);
        const child = { parent: this };
        const endpoints = new Map<string, Made>();
        for (const endpoint of args.endpoints ?? []) {
            const resource = new HarborEndpoint(`${name}-endpoint-${endpoint.name}`, endpoint, child);
            endpoints.set(endpoint.name, { args: endpoint, resource });
        }
        const projects = (args.projects ?? []).map(({ proxyEndpoint, ...project }) => {
            const cached =
                proxyEndpoint === undefined ? {} : { proxyEndpoint: found(endpoints, proxyEndpoint).resource.id };
            return new HarborProject(`${name}-project-${project.name}`, { ...project, ...cached }, child);
        });
        const runs: [string, HarborRun][] = [];
        for (const { run, ...rule } of args.rules ?? []) {
            const endpoint = found(endpoints, rule.endpoint);
            const ruleArgs = { ...rule, endpoint: endpoint.resource.id, endpointType: endpoint.args.type };
            // Harbor would make a missing project itself, and not as it was asked for.
            const made = new HarborRule(`${name}-rule-${rule.name}`, ruleArgs, { ...child, dependsOn: projects });
            if (run === undefined || run.when === "never") continue;
            const runArgs = { ...runOf(rule, run, endpoint.args), rule: made.id };
            runs.push([rule.name, new HarborRun(`${name}-run-${rule.name}`, runArgs, child)]);
        }
        const robots = new Map<string, HarborRobot>();
        for (const robot of args.robots ?? []) {
            const { name: own, description, durationDays, generation, adopt } = robot;
            const robotArgs = { description, durationDays, generation, adopt, permissions: permissionsOf(robot) };
            const options = { ...child, dependsOn: projects };
            robots.set(own, new HarborRobot(`${name}-robot-${own}`, { name: own, ...robotArgs }, options));
        }
        if (args.pullSecret !== undefined) createPullSecrets(name, args.pullSecret, robots, this);
        this.robotLogins = pulumi.output(mapped(robots, ({ login }) => login));
        this.robotSecrets = pulumi.secret(mapped(robots, ({ secret }) => secret));
        this.replicated = pulumi.output(mapped(new Map(runs), ({ repositories }) => repositories));
        this.registerOutputs({
            robotLogins: this.robotLogins,
            robotSecrets: this.robotSecrets,
            replicated: this.replicated,
        });
    }
}

/** How a rule is run. What makes another run is another rule, or another place that it copies from or to. */
function runOf(rule: Omit<RuleArgs, "run">, run: RunArgs, endpoint: EndpointArgs): Omit<HarborRunArgs, "rule"> {
    const { compareDigests = false, ...rest } = run;
    const { url, accessKey: username, accessSecret: password, caBundle, insecure, type } = endpoint;
    const what = { ...rule, description: undefined, adopt: undefined, type, url };
    return {
        ...rest,
        triggers: [pulumi.jsonStringify(what).apply(shortHash)],
        mode: rule.mode,
        filters: rule.filters,
        ...(compareDigests ? { remote: { url, username, password, caBundle, insecure } } : {}),
    };
}

function createPullSecrets(
    name: string,
    args: RobotPullSecretArgs,
    robots: ReadonlyMap<string, HarborRobot>,
    parent: pulumi.Resource,
): void {
    const { login, secret } = found(robots, args.robot);
    const { host } = args;
    const config = pulumi.secret(
        pulumi.all([login, secret]).apply(([user, password]) => dockerConfig([{ host, user, password }])),
    );
    for (const namespace of args.namespaces) {
        new k8s.core.v1.Secret(
            `${name}-pull-${namespace}`,
            {
                metadata: { name: args.name, namespace, labels: labels(name, "pull").all },
                type: "kubernetes.io/dockerconfigjson",
                stringData: { ".dockerconfigjson": config },
            },
            { parent },
        );
    }
}

function found<Value>(known: ReadonlyMap<string, Value>, name: string): Value {
    const value = known.get(name);
    if (value === undefined)
        throw new Error(`there is none called ${name} among ${[...known.keys()].join(", ") || "none"}`);
    return value;
}

function mapped<Value, Result>(
    values: ReadonlyMap<string, Value>,
    of: (value: Value) => Result,
): Record<string, Result> {
    return Object.fromEntries([...values].map(([key, value]) => [key, of(value)]));
}
