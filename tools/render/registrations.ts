import { setImmediate } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

/** What a program registered, with secrets unwrapped and their places noted. */
export interface Registered {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
    /** Paths of the inputs that were secret. */
    secrets: string[];
    /** Whether it is a component, which is the sum of its parts. */
    component: boolean;
}

/** What stands for the outputs that only a provider computes, by type and logical name of the resource. */
export type Computed = (type: string, name: string) => Record<string, unknown>;

const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

/** Marks a secret on the wire (sdk/nodejs/runtime/rpc.ts, specialSecretSig under specialSigKey). */
const signature = "4dabf18193072939515e22adb298388d";

/**
 * Runs `program` with the SDK's mocks in the place of engine and providers, and returns every resource that it registered.
 * Throws an `AggregateError` of what failed in it. The configuration is set beforehand.
 */
export async function registrationsOf(program: () => unknown, computed: Computed): Promise<Registered[]> {
    const seen: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                const secrets: string[] = [];
                const inputs = reveal(args.inputs, "", secrets) as Record<string, unknown>;
                if (args.type !== "pulumi:pulumi:Stack")
                    seen.push({ type: args.type, name: args.name, inputs, secrets, component: args.custom === false });
                return { id: `${args.name}-id`, state: { ...inputs, ...computed(args.type, args.name) } };
            },
            call: ({ token, inputs }) => {
                if (token !== "pulumi:pulumi:readStackOutputs") throw new Error("no function of a provider is used");
                const { name } = inputs as { name: string };
                const { outputs } = computed("pulumi:pulumi:StackReference", name);
                if (outputs === undefined) throw new Error(`unknown stack "${name}"`);
                return { outputs };
            },
        },
        "siteregistry",
        "test",
    );
    takeHooks();
    await program();
    await settle();
    return seen;
}

/** The SDK's mocks know no resource hooks, and what has one would wait for ever. The engine alone runs them. */
function takeHooks(): void {
    const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown>;
    monitor.registerResourceHook = (_request: unknown, callback: (error: null, answer: object) => void) => {
        callback(null, {});
    };
}

/** Waits for every registration, then reports what failed: a throw inside `apply` is otherwise silent. */
async function settle(): Promise<void> {
    await pulumi.runtime.disconnect();
    await setImmediate();
    if (rejections.length > 0) throw new AggregateError(rejections.splice(0), "an apply or a registration failed");
}

/** The value without the wrapping of secrets; their paths go into `secrets`. */
function reveal(value: unknown, path: string, secrets: string[]): unknown {
    if (Array.isArray(value)) return value.map((item, index) => reveal(item, `${path}[${index.toString()}]`, secrets));
    if (typeof value !== "object" || value === null) return value;
    if (signature in value && "value" in value) {
        secrets.push(path);
        return reveal(value.value, path, secrets);
    }
    const entries = Object.entries(value).map(([key, item]) => [
        key,
        reveal(item, path === "" ? key : `${path}.${key}`, secrets),
    ]);
    return Object.fromEntries(entries);
}
