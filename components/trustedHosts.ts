import * as pulumi from "@pulumi/pulumi";

import { filesOf, type TrustContent } from "./nodeTrust/files.ts";
import { createTrustedHost, type HostStatus, type SshConnection } from "./nodeTrust/host.ts";
import { mendOf } from "./nodeTrust/mender.ts";
import { runtimes, type Runtime } from "./nodeTrust/runtimes.ts";
import { agentEnvironment, bundleEntries, type AgentManner } from "./nodeTrust/script.ts";

/** A machine that is no cluster node. */
export interface TrustedHostArgs extends SshConnection {
    /** Name of the machine, unique. */
    name: string;
    /** What pulls images there. */
    runtime: Runtime;
    /** Directory that the runtime reads. Default: the one that is usual for the runtime. */
    registryDirectory?: string | undefined;
}

/** Arguments of {@link TrustedHosts}. */
export interface TrustedHostsArgs extends TrustContent, AgentManner {
    /** Name of the trust: its ledger on the machines, which no other stack may have there. */
    owner: string;
    /** The machines. */
    hosts: readonly TrustedHostArgs[];
}

/**
 * Makes machines that are no cluster nodes trust the given registries, over SSH, as {@link NodeCaTrust} does with nodes:
 * the same agent, the same files, the same ledger. Taken away, every machine has forgotten.
 */
export class TrustedHosts extends pulumi.ComponentResource {
    /** What each machine said last. */
    declare readonly hosts: pulumi.Output<HostStatus[]>;

    constructor(name: string, args: TrustedHostsArgs, opts?: pulumi.ComponentResourceOptions) {
        const { owner, credentials = [] } = args;
        const plain = args.hosts.map((host) => ({ ...host, privateKey: pulumi.secret(host.privateKey) }));
        const kept = { ...args, hosts: plain, credentials: credentials.map(({ host }) => host) };
        super("siteregistry:index:TrustedHosts", name, kept, opts);
        this.hosts = pulumi.all(
            args.hosts.map(({ name: host, runtime, registryDirectory, ...connection }) => {
                const pool = { runtime, registryDirectory: registryDirectory ?? runtimes[runtime].registryDirectory };
                const mend = args.mend === "config" ? mendOf(pool) : undefined;
                const entries = filesOf(owner, pool, args).apply((files) => bundleEntries(files, undefined, mend));
                const environment = agentEnvironment(runtime, args);
                const secret = credentials.length > 0;
                return createTrustedHost(
                    name,
                    { ...connection, host, owner, entries, secret, environment },
                    { parent: this },
                );
            }),
        );
        this.registerOutputs({ hosts: this.hosts });
    }
}
