import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { checksum } from "../kubernetes/checksum.ts";
import { certificatesIn } from "../registry/certificates/pem.ts";
import { hostScript } from "./hostScript.ts";

/** How a machine is reached by SSH. */
export interface SshConnection {
    /** IP address or DNS name. Plain: another one is another machine, which is decided before anything runs. */
    address: string;
    /** TCP port. */
    port: number;
    /** Who logs in: root, or a user who may run `sudo` without a password. */
    user: string;
    /** The server's public key, `<kind> <base64>`, of the kind that it shows to Go's SSH clients: ECDSA, if it has one. */
    hostKey: string;
    /** The user's private key, PEM, without a passphrase. Kept secret. */
    privateKey: pulumi.Input<string>;
}

/** Arguments of {@link createTrustedHost}. */
export interface HostTrustArgs extends SshConnection {
    /** Name of the machine, one of its own in the stack. Plain, because it is part of the resource's name. */
    host: string;
    /** Name of the trust: its ledger on the machine, which no other stack may have there. */
    owner: string;
    /** The bundle's texts by path in it: `agent.sh`, `files/etc/…`, `hosts`. */
    entries: pulumi.Input<Record<string, string>>;
    /** Whether one of them is secret. */
    secret: boolean;
    /** What the agent is told besides owner and bundle: `RUNTIME`, `CONFIG`, `FOREIGN`, `MEND`. */
    environment: Record<string, string>;
}

/** What a machine said when the agent was last run there. */
export interface HostStatus {
    /** Name of the machine. */
    host: string;
    /** `applied`; a failure ends the update with its cause instead. */
    status: string;
    /** Identifies the bundle that it has. */
    bundle: string;
    /** The runtime it was told it has. */
    runtime: string;
    /** Directories that hold what was written. */
    paths: string[];
    /** What works today and deserves a look. */
    warnings: string[];
    /** SHA-256 fingerprints, `AA:BB:…`, of the certificates that it has by this bundle. */
    roots: string[];
}

/** Attempts to reach a machine, and the seconds each may take. What is down for longer fails the update by name. */
const dialing = { dialErrorLimit: 5, perDialTimeout: 10 } as const;

/**
 * A machine that is no cluster node, by SSH: an update writes, destroy takes back, by the same agent and ledger as on nodes.
 * Nothing stays there that runs: what is changed by hand is written again by the next update that changes something.
 * Another address or port is another machine: the trust is taken from the old one before the new one gets it.
 * A machine that is not reached, or shows another host key, fails the update; so does one whose agent fails.
 */
export function createTrustedHost(
    name: string,
    args: HostTrustArgs,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<HostStatus> {
    const { host, owner, address, port, user, hostKey } = args;
    const entries = pulumi.output(args.entries);
    const bundle = checksum(entries.apply((all) => JSON.stringify(Object.entries(all).sort())));
    const script = pulumi
        .all([entries, bundle])
        .apply(([all, id]) => hostScript(all, { ...args.environment, OWNER: owner, BUNDLE_ID: id }));
    const shell = user === "root" ? "sh -s" : "sudo -n sh -s";
    const made = new command.remote.Command(
        `${name}-host-${host}`,
        {
            connection: { host: address, port, user, hostKey, privateKey: pulumi.secret(args.privateKey), ...dialing },
            // The script travels by standard input, for creation and deletion alike: nothing of it is in a list of processes.
            create: `${shell} apply`,
            delete: `${shell} remove`,
            stdin: args.secret ? pulumi.secret(script) : script,
            // One that is no longer to be mended takes its configuration back first, by the script that knows how.
            triggers: [address, port, owner, ...(args.environment.MEND === "config" ? ["config"] : [])],
            // What the agent said the last time is of no use to it, and SSH servers refuse the variables.
            addPreviousOutputInEnv: false,
            logging: "stderr",
        },
        { ...opts, deleteBeforeReplace: true },
    );
    // A digest tells nothing of what it is of, and certificates are no secret beside credentials.
    const roots = pulumi.unsecret(entries.apply(fingerprints));
    return pulumi.all([made.stdout, bundle, roots]).apply(([said, wanted, all]) => {
        const status = statusOf(host, said);
        // What a machine says of another bundle says nothing of these roots.
        return { ...status, roots: status.bundle === wanted ? all : [] };
    });
}

function fingerprints(entries: Readonly<Record<string, string>>): string[] {
    const files = Object.entries(entries).filter(([path]) => path.startsWith("files/"));
    const all = files.flatMap(([, text]) => certificatesIn(text)).map(({ fingerprint256 }) => fingerprint256);
    return [...new Set(all)].sort();
}

/** Reads the agent's report. A command that was cut off ends without one, and without an error of its own. */
export function statusOf(host: string, said: string): Omit<HostStatus, "roots"> {
    let report: Partial<HostStatus>;
    try {
        report = JSON.parse(said) as Partial<HostStatus>;
    } catch {
        throw new pulumi.RunError(
            `the machine ${host} sent no report; run the update again with --replace of its command`,
        );
    }
    const { status = "", bundle = "", runtime = "", paths = [], warnings = [] } = report;
    return { host, status, bundle, runtime, paths, warnings };
}
