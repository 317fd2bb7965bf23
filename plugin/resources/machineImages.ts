import { parseReference, referenceText } from "../../components/images/reference.ts";
import { sourceImages, type SourceImage } from "../images/bringing.ts";
import { honoursPins } from "../images/imageNode.ts";
import { argumentMistakes, type ImagesSource } from "../images/nodeImagesArgs.ts";
import { runOnMachine, type MachineTask } from "../images/machineImporter.ts";
import { nodeArchive } from "../images/nodeArchive.ts";
import { platformImage } from "../images/platformImage.ts";
import { openSource } from "../images/source.ts";
import type { SshMachine } from "../images/ssh.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { PartlyDone, textsMissing, type Resource, type Session } from "../resource.ts";

interface MachineImagesArgs extends SshMachine {
    readonly source: ImagesSource;
    readonly path: string;
    readonly images: readonly string[];
    /** What people call it. */
    readonly machine: string;
    readonly owner: string;
    readonly socket: string;
    readonly timeoutSeconds: number;
}

/** An image that is there. */
interface Brought {
    readonly image: string;
    readonly digest: string;
    readonly names: readonly string[];
    readonly how: string;
}

const defaults = { socket: "auto", timeoutSeconds: 900, port: 22, user: "root" };

/** Images in containerd of one machine, brought there over SSH. */
export const machineImages: Resource = {
    type: "siteregistry:index:MachineImages",
    secrets: ["privateKey"],
    identity: ["owner", "machine"],
    outputs: ["brought"],
    quiet: ["path", "socket", "timeoutSeconds", "port", "user", "hostKey", "privateKey"],

    check(inputs) {
        const given = { ...defaults, ...inputs };
        // What is the same as for nodes is checked alike; a machine has no namespace and no nodes.
        const shared = argumentMistakes({ ...given, namespace: "none", nodes: ["none"] });
        const missing = textsMissing(given, ["machine", "address", "hostKey", "privateKey", "user"]);
        return Promise.resolve({ inputs: given, failures: [...missing, ...shared] });
    },

    async create(inputs, session) {
        const { owner, machine } = inputs as unknown as MachineImagesArgs;
        return { id: `${owner}/${machine}`, state: await bring(`${owner}/${machine}`, inputs, [], session) };
    },

    async update(before, inputs, session, id) {
        return bring(id, inputs, (before.brought ?? []) as Brought[], session);
    },

    async read(id, state) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        return Promise.resolve(state);
    },

    /** The images stay. A machine that is not reached keeps its pins, and is named. */
    async delete(state, session) {
        const args = { ...defaults, ...state } as unknown as MachineImagesArgs;
        await unpin(args, (state.brought ?? []) as Brought[], session);
    },
};

async function bring(
    id: string,
    inputs: Properties,
    before: readonly Brought[],
    session: Session,
): Promise<Properties> {
    const args = inputs as unknown as MachineImagesArgs;
    if (isUnknown(inputs)) throw new Error(`${id}: something of it is not known yet`);
    const list = args.images.map((image) => ({ image: referenceText(parseReference(image)) }));
    const { say, signal } = session;
    const opened = await openSource({ ...args.source, path: args.path }, { password: undefined, list, say, signal });
    const { layout } = opened;
    if (layout === undefined) throw new Error("images come to machines from a file or a folder only");
    const images = await sourceImages(opened, args.images);
    const until = AbortSignal.any([signal, AbortSignal.timeout(args.timeoutSeconds * 1_000)]);
    try {
        const looked = await runOnMachine(taskOf(args, "look", images), until);
        if (!honoursPins(looked.containerd)) {
            const since = "1.6.22, 1.7.3 and 2.0 do";
            session.warn(
                `${args.machine}: its containerd ${looked.containerd} does not tell a kubelet of pins (${since})`,
            );
        }
        const missing = images.filter((_, index) => looked.missing.includes(index));
        if (missing.length > 0) {
            const { architecture } = looked;
            const archive = await nodeArchive(
                layout,
                missing.map(({ name, digest, names }) => ({
                    ...platformImage(layout, name, digest, architecture),
                    names,
                })),
            );
            const size = `${(archive.size / 2 ** 20).toFixed(1)} MiB`;
            say(`sending ${missing.map(({ name }) => name).join(", ")} to ${args.machine}: ${size}`);
            await runOnMachine({ ...taskOf(args, "import", missing), archive }, until);
        }
        const dropped = before.filter((one) => !images.some(({ names }) => names.join() === one.names.join()));
        await unpin(args, dropped, session);
        const brought = images.map(({ name, digest, names }, index) => ({
            ...{ image: name, digest, names },
            how: looked.missing.includes(index) ? "imported" : "present",
        }));
        return { ...inputs, brought };
    } catch (error) {
        const { name, message } = error as Error;
        const why = name === "TimeoutError" ? `it was not done in ${args.timeoutSeconds.toString()} s` : message;
        const state = { ...inputs, brought: [...before] };
        throw new PartlyDone(`the machine ${args.machine} did not get its images: ${why}`, { id, state });
    }
}

function taskOf(
    args: MachineImagesArgs,
    action: MachineTask["action"],
    images: readonly (SourceImage | Brought)[],
): MachineTask {
    const { address, port, user, hostKey, privateKey, owner, socket } = args;
    return { machine: { address, port, user, hostKey, privateKey }, owner, socket, action, images };
}

async function unpin(args: MachineImagesArgs, images: readonly Brought[], session: Session): Promise<void> {
    if (images.length === 0) return;
    const until = AbortSignal.any([session.signal, AbortSignal.timeout(args.timeoutSeconds * 1_000)]);
    try {
        await runOnMachine(taskOf(args, "unpin", images), until);
    } catch (error) {
        if (session.signal.aborted) throw error;
        session.warn(`the machine ${args.machine} keeps its images pinned: ${(error as Error).message}`);
    }
}
