import type { ComponentResource } from "@pulumi/pulumi";
import type { ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb.js";

import { messages } from "../messages.ts";
import { encode } from "../properties.ts";
import { readInputs } from "./inputs.ts";
import { enterProgram, optionsOf, sdk } from "./runtime.ts";
import { packageSchema, type ComponentSpec } from "./schema.ts";

/** A component as `main.ts` exports it. */
type Component = new (name: string, args: object, opts: object) => ComponentResource & Record<string, unknown>;

/** Makes components for programs in other languages: each call is one that such a program has declared. */
export class Constructor {
    /** What ends a call that is under way when something in it goes wrong where nobody waits for it. */
    private readonly running = new Set<(error: Error) => void>();
    private watching = false;

    /**
     * Makes a component with all that is below it, and answers with its outputs.
     * Throws all that is wrong with its inputs at once, before anything is made.
     */
    async construct(request: ConstructRequest, engineAddress: string | undefined): Promise<ConstructResponse> {
        const type = request.getType();
        const schema = packageSchema();
        const spec = schema.resources[type];
        if (spec?.isComponent !== true) throw new Error(noSuchComponent(type));
        const raw = (request.getInputs()?.toJavaScript() ?? {}) as Record<string, unknown>;
        const { mistakes } = readInputs(raw, spec, schema);
        if (mistakes.length > 0) {
            const lines = mistakes.map((one) => `  ${one}`).join("\n");
            throw new Error(`${type.split(":").at(-1) ?? ""} ${request.getName()}: wrong inputs\n${lines}`);
        }
        if (engineAddress === undefined) throw new Error("a component needs an engine, and none has told its address");
        return sdk().state.withLocalStorage(() =>
            this.watched(async () => {
                await enterProgram(request, engineAddress);
                const { inputs } = readInputs(raw, spec, schema, lifted);
                return await make(request, spec, inputs);
            }),
        );
    }

    private async watched(work: () => Promise<ConstructResponse>): Promise<ConstructResponse> {
        this.watch();
        let end: (error: Error) => void = () => undefined;
        const failed = new Promise<never>((_, reject) => {
            end = reject;
        });
        this.running.add(end);
        try {
            return await Promise.race([work(), failed]);
        } finally {
            this.running.delete(end);
        }
    }

    /** A mistake inside an `apply` reaches nobody who waits. It ends the components under way. */
    private watch(): void {
        if (this.watching) return;
        this.watching = true;
        const failed = (reason: unknown): void => {
            const error = reason instanceof Error ? reason : new Error(String(reason));
            // What comes after the first one has ended its component. The process has resources to go on with.
            if (this.running.size === 0) console.error(error.message);
            for (const end of [...this.running]) end(error);
        };
        process.on("uncaughtException", failed);
        process.on("unhandledRejection", failed);
    }
}

async function make(
    request: ConstructRequest,
    { properties }: ComponentSpec,
    inputs: Record<string, unknown>,
): Promise<ConstructResponse> {
    const { rpc, settings } = sdk();
    const type = request.getType();
    const components = (await import("../../main.ts")) as unknown as Record<string, Component | undefined>;
    const Class = components[type.split(":").at(-1) ?? ""];
    if (Class === undefined) throw new Error(noSuchComponent(type));
    const made = new Class(request.getName(), inputs, optionsOf(request));
    const outputs = Object.fromEntries(Object.keys(properties).map((key) => [key, made[key] as never]));
    const response = new messages.ConstructResponse().setUrn(await valueOf(made.urn));
    const [state, dependencies] = await rpc.serializeResourceProperties(`construct(${type})`, outputs);
    for (const [key, resources] of dependencies) {
        const urns = await Promise.all([...resources].map((one) => valueOf(one.urn)));
        const list = new messages.ConstructResponse.PropertyDependencies().setUrnsList(urns);
        response.getStatedependenciesMap().set(key, list);
    }
    await settings.waitForRPCs();
    return response.setState(encode(state, new Set()));
}

function valueOf(output: unknown): Promise<string> {
    return (output as { promise(): Promise<string> }).promise();
}

/** A value that may come later or is secret, as an Output; any other as it is. */
function lifted(raw: unknown): unknown {
    const { pulumi, rpc } = sdk();
    const value: unknown = rpc.deserializeProperty(raw, true);
    if (rpc.isRpcSecret(value)) return pulumi.secret(rpc.unwrapRpcSecret(value));
    return value;
}

function noSuchComponent(type: string): string {
    const { resources } = packageSchema();
    const known = Object.keys(resources).filter((one) => resources[one]?.isComponent === true);
    return `the plugin siteregistry has no component ${type}; it has ${known.join(", ")}`;
}
