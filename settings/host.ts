import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { handOverProblem } from "../components/host/kubespray.ts";
import type { PlainSettings } from "./schema.ts";

type Host = NonNullable<PlainSettings["host"]>;

/** The machines over SSH that `sshKeys` has to have a key for. */
export function hostMachines(host: Host | undefined): { name: string }[] {
    if (host === undefined) return [];
    const jumps = host.machines.flatMap(({ jump }) => (jump === undefined ? [] : [jump]));
    // A machine in between may be in between for several, and be one of the nodes.
    const all = [...host.machines, ...jumps, ...host.nodes].map(({ name }) => name);
    return [...new Set(all)].map((name) => ({ name }));
}

/** Who may log in at the registry on a machine. */
export function hostUsers({ users, plain }: Host): { name: string; generations?: number[] }[] {
    return users ?? (plain ? [] : [{ name: "registry" }]);
}

/** Mistakes of the registry on a machine that the schema cannot tell. */
export function checkHost(host: Host | undefined): string[] {
    if (host === undefined) return [];
    return [...contentMistakes(host), ...killedBy(host), ...handOverMistakes(host)];
}

/** What is sent to a machine is looked at before anything is. */
function contentMistakes({ binary, image, state }: Host): string[] {
    const [key, content] = binary === undefined ? (["image", image] as const) : (["binary", binary] as const);
    if (content === undefined || state === "absent") return [];
    const { path, sha256 } = content;
    const shown = JSON.stringify(path);
    let found: string;
    try {
        found = createHash("sha256").update(readFileSync(path)).digest("hex");
    } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "an error";
        return [
            `host.${key}.path: is ${shown}, which cannot be read (${code}); allowed is a file, from the project's folder`,
        ];
    }
    if (found === sha256) return [];
    return [
        `host.${key}.sha256: is "${sha256}", but ${shown} has ${found}: get the right file, or set this one if it is`,
    ];
}

/**
 * kubespray stops and removes the container runtimes of its hosts that are not the one it installs, with all their containers
 * (roles/container-engine/validate-container-engine), and takes containerd over where it is that.
 */
function killedBy({ machines, nodes, runtime, kubespray }: Host): string[] {
    const manager = kubespray?.containerManager ?? "containerd";
    // Neither the plain program nor podman is looked for; docker stays where it is what kubespray installs.
    const survives = runtime === "systemd" || runtime === "podman" || (runtime === "docker" && manager === "docker");
    if (survives) return [];
    return machines.flatMap(({ name, address }, index) =>
        nodes.some((node) => node.address === address || node.name === name)
            ? [
                  `host.machines.${index.toString()}: ${name} will be a cluster node (host.nodes), and kubespray with ` +
                      `container_manager ${manager} removes or takes over the ${runtime} of its nodes, and the registry with it: ` +
                      "use the runtime systemd or podman, or another machine",
              ]
            : [],
    );
}

function handOverMistakes(host: Host): string[] {
    if (host.kubespray === undefined) return [];
    const { version, containerManager } = host.kubespray;
    const problem = handOverProblem({ version, containerManager, tls: !host.plain, login: hostUsers(host).length > 0 });
    return problem === undefined ? [] : [`host.kubespray.${problem}`];
}
