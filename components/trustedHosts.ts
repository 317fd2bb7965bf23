import * as pulumi from "@pulumi/pulumi";

import { filesOf, type TrustContent } from "./nodeTrust/files.ts";
import { createTrustedHost, type HostStatus, type SshConnection } from "./nodeTrust/host.ts";
import { runtimes, type Runtime } from "./nodeTrust/runtimes.ts";
import { agentScript } from "./nodeTrust/script.ts";

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
export interface TrustedHostsArgs extends TrustContent {
    /** Name of the trust: its ledger on the machines, which no other stack may have there. */
    owner: string;
    /** The machines. */
    hosts: readonly TrustedHostArgs[];
    /** Whether files of others for the same host are kept and added to, or replaced until trust is taken back. */
    foreign: "merge" | "replace";
    /** Whether a link is made where containerd takes a list of directories for one. */
    mend: "none" | "link";
}

/**
 * Makes machines that are no cluster nodes trust the given registries, over SSH, as {@link NodeCaTrust} does with nodes:
 * the same agent, the same files, the same ledger. Taken away, every machine has forgotten.
 */
export class TrustedHosts extends pulumi.ComponentResource {
    /** What each machine said last. */
    declare readonly hosts: pulumi.Output<HostStatus[]>;

    constructor(name: string, args: TrustedHostsArgs, opts?: pulumi.ComponentResourceOptions) {
        const { owner, credentials = [], foreign, mend } = args;
        const plain = args.hosts.map((host) => ({ ...host, privateKey: pulumi.secret(host.privateKey) }));
        const kept = { ...args, hosts: plain, credentials: credentials.map(({ host }) => host) };
        super("siteregistry:index:TrustedHosts", name, kept, opts);
        this.hosts = pulumi.all(
            args.hosts.map(({ name: host, runtime, registryDirectory, ...connection }) => {
                const { configFile, registryDirectory: usual } = runtimes[runtime];
                const pool = { runtime, registryDirectory: registryDirectory ?? usual };
                const entries = filesOf(owner, pool, args).apply((files) => ({
                    "agent.sh": agentScript(),
                    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`files${path}`, text])),
                }));
                const environment = {
                    ...{ RUNTIME: runtime, FOREIGN: foreign, MEND: mend },
                    ...(configFile === undefined ? {} : { CONFIG: configFile }),
                };
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
