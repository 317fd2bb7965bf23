import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { placeholders } from "../render/placeholders.ts";
import { registrationsOf } from "../render/registrations.ts";
import { asConfiguration } from "../render/stackFile.ts";

/** A resource as the program registers it: whose child it is, and what it waits for. */
export interface Vertex {
    /** URN, which names it for others. */
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    /** URN of its parent; empty where that is the stack. */
    readonly parent: string;
    /** URNs of what it depends on, by an input or by order. */
    readonly dependencies: readonly string[];
}

/** What the SDK asks of the engine, as far as it matters here. */
interface Request {
    getType: () => string;
    getName: () => string;
    getParent: () => string;
    getDependenciesList: () => string[];
}
type Answer = (error: Error | null, response: { getUrn: () => string }) => void;

/** What machines over SSH say in the place of the plugin `command`. */
const said: Record<string, Record<string, unknown>> = {
    machine: { stdout: "running\n" },
    reach: { stdout: "reached\n" },
    nodes: { stdout: '{"status":"applied"}' },
};

/** The resources that a stack of these settings has, in the order in which the program registers them. */
export async function graphOf(values: Readonly<Record<string, unknown>>): Promise<Vertex[]> {
    pulumi.runtime.setAllConfig(asConfiguration(values));
    const vertices: Vertex[] = [];
    const computed = (type: string, name: string): Record<string, unknown> => ({
        ...placeholders(type, name),
        ...said[/^host-(machine|reach|nodes)-/.exec(name)?.[1] ?? ""],
    });
    await registrationsOf(() => {
        watch(vertices);
        buildSite(readSettings(), []);
    }, computed);
    return vertices.sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** The SDK's mocks are told neither parents nor dependencies, so the requests to their monitor are read. */
function watch(vertices: Vertex[]): void {
    const monitor = pulumi.runtime.getMonitor() as unknown as {
        registerResource: (request: Request, answer: Answer) => unknown;
    };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, answer) =>
        register(request, (error, response) => {
            if (error === null) vertices.push(vertexOf(request, response.getUrn()));
            answer(error, response);
        });
}

function vertexOf(request: Request, urn: string): Vertex {
    const parent = request.getParent();
    return {
        urn,
        type: request.getType(),
        name: request.getName(),
        parent: parent.includes("pulumi:pulumi:Stack::") ? "" : parent,
        dependencies: request.getDependenciesList(),
    };
}
