import type { Vertex } from "./graph.ts";

/** A component, or one of the boxes in it: resources of one kind. */
interface Box {
    readonly id: string;
    /** The component that it is in; its own for a component. */
    readonly component: string;
    readonly title: string;
    readonly members: Vertex[];
}

/** What every stack has and nobody has to see: namespaces, of which everything in them is made, and what sweeps them. */
const passedOver = /:(Namespace|NamespaceRemoval|StaysAfterDestroy)$/;

/** Names in one box; more are summed up. */
const mostNames = 4;

/**
 * The stack as a Mermaid flow chart: a frame for each component, in it a box for each kind of resource, and an arrow to what
 * has to be there first. An arrow that others make up for is left away. The same graph makes the same text.
 */
export function mermaid(vertices: readonly Vertex[]): string {
    const components = vertices.filter(
        ({ type, urn }) => isComponent(type) && vertices.some((one) => one.parent === urn),
    );
    const boxes = untangled(boxesOf(vertices, components));
    const boxOf = placesOf(boxes);
    const frames = components.map((component) => {
        const inside = boxes.filter(({ component: one }) => one === component.urn);
        const lines = inside.map((box) => `        ${box.id}["${label(box, component.name)}"]`);
        return [`    subgraph ${frameId(component)}["${component.type.split(":").at(-1) ?? ""}"]`, ...lines, "    end"];
    });
    const between = new Map<string, Set<string>>();
    const within = new Map<string, Set<string>>();
    const frameOf = new Map(components.map((one) => [one.urn, frameId(one)]));
    for (const vertex of vertices) {
        const from = boxOf.get(vertex.urn);
        for (const urn of from === undefined ? [] : vertex.dependencies) {
            const to = boxOf.get(urn);
            if (from === undefined || to === undefined || from === to) continue;
            if (from.component === to.component) add(within, from.id, to.id);
            else add(between, frameOf.get(from.component) ?? from.id, frameOf.get(to.component) ?? to.id);
        }
    }
    const arrows = [...reduced(within), ...reduced(between)].map(([from, to]) => `    ${from} --> ${to}`);
    return ["flowchart LR", ...frames.flat(), ...arrows].join("\n");
}

function isComponent(type: string): boolean {
    return type.startsWith("siteregistry:index:");
}

function boxesOf(vertices: readonly Vertex[], components: readonly Vertex[]): Box[] {
    const boxes = new Map<string, Box>();
    for (const vertex of vertices) {
        const component = components.find(({ urn }) => urn === vertex.parent);
        if (component === undefined || passedOver.test(vertex.type)) continue;
        const title = titleOf(vertex.type);
        const id = `${frameId(component)}_${title.replaceAll(/\W/g, "")}`;
        const box = boxes.get(id) ?? { id, component: component.urn, title, members: [] };
        box.members.push(vertex);
        boxes.set(id, box);
    }
    return [...boxes.values()];
}

/** Keys and certificates are one box, and so is what is drawn by lot; else it is the kind. */
function titleOf(type: string): string {
    if (type.startsWith("tls:")) return "keys and certificates";
    if (type.startsWith("random:")) return "random values";
    return type.split(":").at(-1) ?? type;
}

/** Boxes that wait for each other are no picture of an order: one with several members is split, until none do. */
function untangled(boxes: readonly Box[]): Box[] {
    const places = placesOf(boxes);
    const arrows = new Map<string, Set<string>>();
    for (const box of boxes)
        for (const urn of box.members.flatMap(({ dependencies }) => dependencies)) {
            const to = places.get(urn);
            if (to !== undefined && to !== box) add(arrows, box.id, to.id);
        }
    const tangled = boxes.find(({ id, members }) => members.length > 1 && leads(arrows, id, id));
    if (tangled === undefined) return [...boxes];
    const split = tangled.members.map((member) => ({
        ...tangled,
        id: `${tangled.id}_${member.name.replaceAll(/\W/g, "_")}`,
        members: [member],
    }));
    return untangled(boxes.flatMap((box) => (box === tangled ? split : [box])));
}

function placesOf(boxes: readonly Box[]): Map<string, Box> {
    return new Map(boxes.flatMap((box) => box.members.map(({ urn }) => [urn, box] as const)));
}

function label({ title, members }: Box, component: string): string {
    const names = members.map(({ name }) =>
        name.startsWith(`${component}-`) ? name.slice(component.length + 1) : name,
    );
    const shown = names.slice(0, mostNames);
    const more = names.length - shown.length;
    const text = more > 0 ? [...shown, `and ${more.toString()} more`] : shown;
    return `<b>${title}</b><br/>${text.join("<br/>")}`.replaceAll('"', "'");
}

function frameId({ name }: Vertex): string {
    return name.replaceAll(/\W/g, "_");
}

function add(arrows: Map<string, Set<string>>, from: string, to: string): void {
    arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
}

/** Whether there is a way along the arrows. */
function leads(
    arrows: ReadonlyMap<string, ReadonlySet<string>>,
    from: string,
    to: string,
    seen = new Set<string>(),
): boolean {
    return [...(arrows.get(from) ?? [])].some((next) => {
        if (next === to) return true;
        if (seen.has(next)) return false;
        seen.add(next);
        return leads(arrows, next, to, seen);
    });
}

/** The arrows without those that a way by other boxes says already. */
function reduced(arrows: ReadonlyMap<string, ReadonlySet<string>>): [string, string][] {
    const needed = ([from, to]: [string, string]): boolean =>
        ![...(arrows.get(from) ?? [])].some((by) => by !== to && leads(arrows, by, to, new Set([from, by])));
    return [...arrows].flatMap(([from, all]) => [...all].map((to): [string, string] => [from, to])).filter(needed);
}
