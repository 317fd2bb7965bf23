import { must } from "../machines/command.ts";
import { enter, execIn } from "../machines/machine.ts";
import type { MachineSpec } from "../machines/machine.ts";
import { host } from "../network/plan.ts";
import { containerdFiles } from "./containerd.ts";
import { relayDir, relayUnit } from "./relayUnit.ts";

/** The socket that the host's SSH server is reached by. */
export const sshSocket = "ssh.sock";

const sshPort = 22;

/** What an SSH client needs to know of the machine, besides the port of this host by which it is reached. */
export interface SshAccess {
    /** The machine's name in the lab. */
    readonly name: string;
    /** The user who may do everything. */
    readonly user: string;
    /** A user who may do everything by `sudo`, without being asked for a password. */
    readonly sudoer: string;
    /** The server's public key of the kind that Go's clients ask for first: `ecdsa-sha2-nistp256 AAAA…`. */
    readonly hostKey: string;
    /** The key that both users may log in with, in OpenSSH's own PEM form. */
    readonly privateKey: string;
}

const user = "root";
const sudoer = "keeper";

/** A machine that runs containerd and is no cluster node. `relay` is a directory of the host that runs the lab. */
export function hostMachine(relay: string): MachineSpec {
    return {
        name: host.name,
        files: {
            ...containerdFiles,
            // As on a fresh machine: the keys are its own, and made at the first start.
            "/etc/systemd/system/ssh.service.d/keys.conf":
                "[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n",
            [`/etc/sudoers.d/${sudoer}`]: `${sudoer} ALL=(root) NOPASSWD: ALL\n`,
            "/etc/systemd/system/lab-relay.service": relayUnit(sshSocket, "127.0.0.1", sshPort),
        },
        units: ["containerd.service", "ssh.service", "lab-relay.service"],
        binds: [{ source: relay, target: relayDir, mode: "rw" }],
        data: ["/var/lib/containerd"],
    };
}

/** Makes the users of the booted machine and the key they log in with, and returns what a client needs. */
export async function admitUsers(): Promise<SshAccess> {
    await must(enter(host.name, ["sh", "-euc", admission]));
    const read = async (path: string): Promise<string> => (await execIn(host.name, ["cat", path])).stdout;
    const [type = "", key = ""] = (await read("/etc/ssh/ssh_host_ecdsa_key.pub")).split(" ");
    return { name: host.name, user, sudoer, hostKey: `${type} ${key}`, privateKey: await read(clientKey) };
}

const clientKey = "/root/client";

const admission = `
useradd --create-home --shell /bin/sh ${sudoer}
ssh-keygen -q -t ed25519 -N '' -C lab -f ${clientKey}
for user in ${user} ${sudoer}; do
    home=$(getent passwd "$user" | cut -d: -f6)
    install -d -m 700 -o "$user" "$home/.ssh"
    install -m 600 -o "$user" ${clientKey}.pub "$home/.ssh/authorized_keys"
done
until [ -s /etc/ssh/ssh_host_ecdsa_key.pub ]; do sleep 0.2; done
`;
