import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import type { SshConnection } from "../nodeTrust/host.ts";
import type { HostRuntime } from "./units.ts";

/** A machine in between, by which others are reached. */
export type JumpHostArgs = SshConnection;

/** A machine that runs a registry. */
export interface HostMachineArgs extends SshConnection {
    /** Name of the machine, unique. Plain, because it is part of resources' names. */
    name: string;
    /** How clients call it: a DNS name or IP address, without a port. */
    host: string;
    /** The machine in between. Default: none. */
    jump?: JumpHostArgs | undefined;
}

/** What the registry is on a machine, and what puts it there. */
export interface RegistryMachineArgs extends HostMachineArgs {
    /** Name of the registry on its machines. */
    registry: string;
    /** Says whose the machine's folders are. */
    owner: string;
    runtime: HostRuntime;
    /** What it runs from. Undefined where nothing shall be there. */
    content: { path: string; sha256: string } | undefined;
    /** What makes the machine run it, or takes it away. Secret. */
    script: pulumi.Input<string>;
}

/** Attempts to reach a machine, and the seconds each may take. What is down for longer fails the update by name. */
export const dialing = { dialErrorLimit: 5, perDialTimeout: 10 } as const;

/** Folder of the login's home that files arrive in, relative to it, as SFTP takes it. */
export function uploadFolder(registry: string): string {
    return `.siteregistry-${registry}`;
}

/** What the script has to take from there. */
export function uploadPath(registry: string, sha256: string): string {
    return `${uploadFolder(registry)}/${sha256}`;
}

function connectionTo({ address, port, user, hostKey, privateKey, jump }: Omit<HostMachineArgs, "name" | "host">) {
    const one = { host: address, port, user, hostKey, privateKey: pulumi.secret(privateKey), ...dialing };
    if (jump === undefined) return one;
    const proxy = {
        ...{ host: jump.address, port: jump.port, user: jump.user, hostKey: jump.hostKey },
        ...{ privateKey: pulumi.secret(jump.privateKey), ...dialing },
    };
    return { ...one, proxy };
}

/**
 * The registry on one machine, by SSH: its program or image is copied there where the machine has it not, once, and the script does
 * the rest. Answers the state that the machine is in. Another address, port, name or runtime is another registry: the old one goes
 * first, and its images stay.
 */
export function createRegistryMachine(
    name: string,
    args: RegistryMachineArgs,
    parent: pulumi.Resource,
): pulumi.Output<string> {
    const { name: machine, address, port, user, registry, owner, runtime, content } = args;
    const connection = connectionTo(args);
    const identity = [address, port, registry, runtime, owner];
    const files: pulumi.Resource[] = [];
    if (content !== undefined) {
        const folder = uploadFolder(registry);
        const place = new command.remote.Command(
            `${name}-folder-${machine}`,
            {
                connection,
                // What it says is another word for each folder that was made: into a new one, everything is copied again.
                create: `umask 077 && mkdir -p ${folder} && cat /proc/sys/kernel/random/uuid`,
                delete: `rm -rf ${folder}`,
                triggers: [address, port, user, registry],
                addPreviousOutputInEnv: false,
            },
            { parent, deleteBeforeReplace: true },
        );
        files.push(
            new command.remote.CopyToRemote(
                `${name}-content-${machine}`,
                {
                    connection,
                    source: new pulumi.asset.FileAsset(content.path),
                    remotePath: uploadPath(registry, content.sha256),
                    triggers: [...identity, user, place.stdout],
                },
                { parent, dependsOn: [place] },
            ),
        );
    }
    const shell = user === "root" ? "sh -s" : "sudo -n sh -s";
    return new command.remote.Command(
        `${name}-machine-${machine}`,
        {
            connection,
            create: `${shell} apply`,
            delete: `${shell} remove`,
            // By standard input: nothing of it is in a list of processes.
            stdin: pulumi.secret(args.script),
            triggers: identity,
            addPreviousOutputInEnv: false,
            logging: "stderr",
        },
        { parent, dependsOn: files, deleteBeforeReplace: true },
    ).stdout.apply((said) => said.trim());
}
