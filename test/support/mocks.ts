import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

import * as pulumi from "@pulumi/pulumi";

import { exampleCa } from "./exampleCa.ts";

/** What a program registered, with secrets unwrapped and their places noted. */
export interface Registered {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
    /** Paths of the inputs that were secret. */
    secrets: string[];
}

const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

/** Marks a secret on the wire (sdk/nodejs/runtime/rpc.ts, specialSecretSig under specialSigKey). */
const signature = "4dabf18193072939515e22adb298388d";

/**
 * Runs `program` under mocks of the real providers and returns every resource it registered.
 * `computed` holds further outputs of some resources, by name.
 */
export async function underMocks(
    program: () => unknown,
    computed: Record<string, Record<string, unknown>> = {},
): Promise<Registered[]> {
    const seen: Registered[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                const secrets: string[] = [];
                const inputs = reveal(args.inputs, "", secrets) as Record<string, unknown>;
                if (args.type !== "pulumi:pulumi:Stack")
                    seen.push({ type: args.type, name: args.name, inputs, secrets });
                const outputs = { ...outputsOf(args.type, args.name), ...computed[args.name] };
                return { id: `${args.name}-id`, state: { ...inputs, ...outputs } };
            },
            call: () => {
                throw new Error("no function of a provider is used");
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

/** What the real providers compute, made from the resource's name so that golden files hold still. */
function outputsOf(type: string, name: string): Record<string, unknown> {
    const hex = createHash("sha256").update(name).digest("hex");
    switch (type) {
        case "kubernetes:core/v1:Service":
            return {
                spec: { clusterIP: "10.96.7.7" },
                status: { loadBalancer: { ingress: [{ ip: "203.0.113.9" }] } },
            };
        case "kubernetes:core/v1:PersistentVolumeClaim":
            return name.endsWith("-bound") ? { spec: { volumeName: "pvc-7" } } : {};
        case "random:index/randomPassword:RandomPassword":
            // A salt has to look like one; a password that says whose it is makes tests readable.
            return { result: pulumi.secret(name.includes("-salt-") ? hex.slice(0, 22) : `password of ${name}`) };
        case "tls:index/privateKey:PrivateKey":
            return { privateKeyPem: pulumi.secret(`key of ${name}`) };
        case "tls:index/certRequest:CertRequest":
            return { certRequestPem: `request of ${name}` };
        case "tls:index/selfSignedCert:SelfSignedCert":
            return { certPem: exampleCa, validityEndTime: "2122-12-31T00:00:00Z" };
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { certPem: `certificate of ${name}\n`, validityEndTime: "2027-12-23T00:00:00Z" };
        case "siteregistry:index:SeededImages":
            return { images: [] };
        case "siteregistry:index:MachineImages":
            return { brought: [] };
        case "random:index/randomId:RandomId":
            return { hex: hex.slice(0, 8) };
        case "siteregistry:index:OkdRegistryStatus":
            return {
                hosts: { "default-route": "default-route-openshift-image-registry.apps.site.test" },
                routerCaBundle: exampleCa,
                routerCaFrom: "a test",
            };
        case "siteregistry:index:OkdToken":
            return { token: pulumi.secret(`token of ${name}`), expiresAt: "2026-12-23T00:00:00Z" };
        case "siteregistry:index:QuayReadiness": {
            const host = "quay.apps.site.test";
            return { host, url: `https://${host}`, version: "3.17.0", caBundle: exampleCa };
        }
        case "siteregistry:index:QuayRobot":
            return { login: `login of ${name}`, token: pulumi.secret(`token of ${name}`) };
        default:
            return {};
    }
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

/** The one resource of that type and name. */
export function find(seen: readonly Registered[], type: string, name: string): Registered {
    const found = seen.filter((one) => one.type === type && one.name === name);
    if (found.length !== 1 || found[0] === undefined) {
        throw new Error(
            `${found.length.toString()} resources are ${type} ${name}; there are ${seen.map((one) => one.name).join(", ")}`,
        );
    }
    return found[0];
}
