import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parseReference, referenceText } from "../../components/images/reference.ts";
import { bringImages, unpinImages, sourceImages, type Bringing, type SourceImage } from "../images/bringing.ts";
import { imageNodes, refusal, type ImageNode } from "../images/imageNode.ts";
import { dropNamespace, isStrangers, takeNamespace } from "../images/importNamespace.ts";
import type { Layout } from "../images/layout.ts";
import { argumentMistakes, type BroughtImage, type NodeImagesArgs } from "../images/nodeImagesArgs.ts";
import { openSource } from "../images/source.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { PartlyDone, type Failure, type Resource, type Session } from "../resource.ts";

/** A source, and what of it is asked for. */
interface Opened {
    readonly layout: Layout;
    readonly images: readonly SourceImage[];
}

const defaults = { importerImage: "auto", socket: "auto", timeoutSeconds: 900 };

/** Images in the runtime of nodes, brought there over the Kubernetes API alone. */
export const nodeImages: Resource = {
    type: "siteregistry:index:NodeImages",
    secrets: [],
    identity: ["owner"],
    outputs: ["brought"],
    // Where a bundle lies is no part of what it is, and neither is how long one waits.
    quiet: ["path", "namespace", "importerImage", "socket", "timeoutSeconds"],

    async check(inputs, before, session) {
        const given = { ...defaults, ...inputs };
        const failures = argumentMistakes(given);
        if (failures.length > 0 || isUnknown(given)) return { inputs: given, failures };
        return judged(withContent(given as unknown as NodeImagesArgs), before, session);
    },

    async create(inputs, session) {
        const args = inputs as unknown as NodeImagesArgs;
        return { id: args.owner, state: await bring(inputs, [], session) };
    },

    async update(before, inputs, session) {
        return bring(inputs, (before.brought ?? []) as BroughtImage[], session);
    },

    /** A node that tells of all its images, and of one of these no more, gets them again by the next `up`. */
    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const brought = (state.brought ?? []) as BroughtImage[];
        const nodes = await imageNodes(await session.api());
        const lost = nodes.filter((node) => brought.some((image) => image.node === node.name && lacks(node, image)));
        if (lost.length === 0) return state;
        const names = lost.map(({ name }) => name);
        const stay = ((state.chosen ?? []) as string[]).filter((name) => !names.includes(name));
        return { ...state, chosen: stay, brought: brought.filter(({ node }) => !names.includes(node)) };
    },

    /** The images stay, and are the kubelet's to collect once nobody pins them. */
    async delete(state, session) {
        const brought = (state.brought ?? []) as BroughtImage[];
        const bringing = await begin(state, session);
        const { api, args } = bringing;
        const nodes = await imageNodes(api);
        const those = nodes.filter(({ name }) => brought.some(({ node }) => node === name));
        const away = those.filter(({ ready }) => !ready).map(({ name }) => name);
        if (away.length > 0) session.warn(`not Ready, so their images stay pinned: ${away.join(", ")}`);
        const there = those.filter(({ ready }) => ready);
        if (there.length > 0) {
            await takeNamespace(api, args.namespace, args.owner);
            const failed = await unpinImages(bringing, there, brought);
            for (const [name, error] of failed) session.warn(`${name}: its images stay pinned: ${error.message}`);
        }
        await dropNamespace(api, args.namespace, args.owner);
    },
};

async function begin(inputs: Properties, session: Session): Promise<Bringing> {
    const args = { ...defaults, ...inputs } as unknown as NodeImagesArgs;
    return { api: await session.api(), session, args, until: Date.now() + args.timeoutSeconds * 1_000 };
}

/** Whatever goes wrong, the resource is there: some nodes may have the images, and deleting it takes the pins from them. */
async function bring(inputs: Properties, before: readonly BroughtImage[], session: Session): Promise<Properties> {
    const bringing = await begin(inputs, session);
    const { api, args } = bringing;
    const { layout, images: wanted } = await open(args, session);
    const nodes = suitable(args, await imageNodes(api));
    const names = nodes.map(({ name }) => name);
    await takeNamespace(api, args.namespace, args.owner);
    let brought = [...before];
    try {
        const { images, failed } = await bringImages(bringing, layout, wanted, nodes);
        const again = (one: BroughtImage): boolean =>
            images.some(({ node, names: now }) => node === one.node && now.join() === one.names.join());
        // What is no longer asked for is no longer pinned; a node that is not there cannot be told.
        const dropped = before.filter((one) => !again(one) && !failed.has(one.node));
        brought = [...images, ...before.filter(({ node }) => failed.has(node))];
        const hosts = (await imageNodes(api)).filter(
            ({ name, ready }) => ready && dropped.some(({ node }) => node === name),
        );
        const pinned = hosts.length === 0 ? new Map<string, Error>() : await unpinImages(bringing, hosts, dropped);
        for (const [name, error] of pinned)
            session.warn(`${name}: images that are no longer asked for stay pinned: ${error.message}`);
        if (failed.size > 0) throw new Error(lateMessage(failed, nodes.length));
        await dropNamespace(api, args.namespace, args.owner);
    } catch (error) {
        const hint = `What was sent stays in the namespace ${args.namespace}: the next \`up\` goes on with it, and \`destroy\` removes it.`;
        const reached = new Set(brought.map(({ node }) => node));
        throw new PartlyDone(`${(error as Error).message}\n  ${hint}`, {
            id: args.owner,
            state: { ...inputs, chosen: names.filter((name) => reached.has(name)), brought },
        });
    }
    return { ...inputs, chosen: names, brought };
}

/** A bundle is known by its SHA-256. Of a directory it is noted what its index says, so that another content shows as a change. */
function withContent(args: NodeImagesArgs): NodeImagesArgs {
    const { source, path } = args;
    if (source.kind !== "directory") return args;
    try {
        const sha256 = createHash("sha256")
            .update(readFileSync(join(path, "index.json")))
            .digest("hex");
        return { ...args, source: { ...source, sha256 } };
    } catch {
        return args; // a reviewer need not have it, and an `up` says so
    }
}

async function open({ source, path, images }: NodeImagesArgs, session: Session): Promise<Opened> {
    const list = images.map((image) => ({ image: referenceText(parseReference(image)) }));
    const { say, signal } = session;
    const opened = await openSource({ ...source, path }, { password: undefined, list, say, signal });
    if (opened.layout === undefined) throw new Error("images come to nodes from a file or a folder only");
    return { layout: opened.layout, images: await sourceImages(opened, images) };
}

/** The nodes that are asked for. Throws where one is not there, is not Ready, or can never be served: all of them at once. */
function suitable({ nodes: named, chosen }: NodeImagesArgs, all: readonly ImageNode[]): ImageNode[] {
    const names = named ?? chosen ?? [];
    const found = all.filter(({ name }) => names.includes(name));
    const away = found.filter((node) => !node.ready && refusal(node) === undefined);
    const problems = [...problemsOf(names, all), ...away.map(({ name }) => `${name}: it is not Ready`)];
    if (problems.length > 0) throw new Error(`images cannot be brought to these nodes:\n  ${problems.join("\n  ")}`);
    return found;
}

/**
 * Notes which nodes a selector means, so that one that joined shows as a change. A node that went, or is away, is no change: nothing
 * is to be done for it. What can be told before is refused by key: a node that is not there or can never be served, a namespace that
 * is somebody's. A preview goes on without the cluster.
 */
async function judged(
    args: NodeImagesArgs,
    before: Properties | undefined,
    session: Session,
): Promise<{ inputs: Properties; failures?: Failure[] }> {
    const inputs = args as unknown as Properties;
    const last = (before?.chosen ?? []) as string[];
    const { nodes: named, selector = {}, namespace, owner } = args;
    let all: ImageNode[];
    let stranger: boolean;
    try {
        const api = await session.api();
        all = await imageNodes(api);
        stranger = await isStrangers(api, namespace, owner);
    } catch {
        return { inputs: before === undefined ? inputs : { ...inputs, chosen: named ?? last } };
    }
    const meant = all.filter(({ os, ready, labels }) => os === "linux" && ready && carries(labels, selector));
    const chosen = named === undefined ? meant.map(({ name }) => name) : [...named].sort();
    const failures: Failure[] = problemsOf(chosen, all).map((reason) => ({
        property: named === undefined ? "selector" : "nodes",
        reason,
    }));
    if (chosen.length === 0 && last.length === 0)
        failures.push({ property: "selector", reason: "there is no Ready node of Linux with these labels" });
    if (stranger) {
        const reason = `there is a namespace ${namespace} already, and it is not this stack's: name another one, or delete it`;
        failures.push({ property: "namespace", reason });
    }
    if (failures.length > 0) return { inputs, failures };
    const settled = named === undefined && last.length > 0 && chosen.every((name) => last.includes(name));
    return { inputs: { ...inputs, chosen: settled ? last : chosen } };
}

/** Which of the nodes are not there, or can never be served, and why. */
function problemsOf(names: readonly string[], all: readonly ImageNode[]): string[] {
    return names.flatMap((name) => {
        const node = all.find((one) => one.name === name);
        const problem = node === undefined ? "there is no such node" : refusal(node);
        return problem === undefined ? [] : [`${name}: ${problem}`];
    });
}

function carries(labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>): boolean {
    return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** Whether a node says so. The kubelet tells of 50 images unless it was set up otherwise: a longer list says nothing of what is not in it. */
function lacks({ ready, images }: ImageNode, { names }: BroughtImage): boolean {
    if (!ready || images.length === 0 || images.length >= 50) return false;
    return !images.some((held) => held.names.some((name) => names.includes(name)));
}

function lateMessage(failed: ReadonlyMap<string, Error>, all: number): string {
    const lines = [...failed].sort().map(([name, { message }]) => `${name}: ${message}`);
    return [`${failed.size.toString()} of ${all.toString()} nodes did not get their images:`, ...lines].join("\n  ");
}
