import { isIP } from "node:net";

import { z } from "zod";

import {
    defaultBalancerPort,
    defaultEntryPoint,
    defaultReadTimeout,
    exposures,
    ownAnnotations,
    routedExposures,
} from "../../components/registry/exposure/kinds.ts";
import { hostProblem, parseHost } from "../../components/registry/hosts.ts";
import { label, once, subdomain } from "./common.ts";
import { labelKey } from "./workload.ts";

/** A public host of the registry, with or without a port. */
export const registryHost = () =>
    z.string().superRefine((text, context) => {
        const message = hostProblem(text);
        if (message !== undefined) context.addIssue({ code: "custom", message });
    });

/** How clients outside the cluster reach the registry. */
export const exposure = z
    .enum(exposures)
    .default("passthrough")
    .describe(
        "`passthrough`: Traefik hands the TLS connection to the registry. `ingress`: Traefik terminates TLS, and speaks TLS to " +
            "the registry. `gateway`: a Gateway hands the connection through. `nodePort`: a port of every node. " +
            "`loadBalancer`: an address of its own. `clusterOnly`: no way in from outside.",
    );

const entryPoints = z
    .array(z.string().regex(/^[a-zA-Z0-9_-]+$/, "allowed is the name of an entry point"))
    .min(1, "at least one entry point is needed")
    .refine(...once)
    .default([defaultEntryPoint])
    .describe("Traefik's entry points.");

const annotations = (meaning: string) =>
    z
        .record(z.string().regex(labelKey, "allowed is the key of a Kubernetes annotation"), z.string())
        .default({})
        .describe(meaning);

const address = z.string().refine((text) => isIP(text) !== 0, "allowed is an IP address");
const range = z
    .union([z.cidrv4(), z.cidrv6()], { error: "allowed is a range of addresses, such as 192.0.2.0/24" })
    .refine(beginsItself, "allowed is a range by its first address, as 192.0.2.0/24 is, and not 192.0.2.7/24");
const port = z.int().min(1, "allowed are 1 to 65535").max(65535, "allowed are 1 to 65535");
/** The API server's own default, which it can be started without; it has the last word. */
const nodePorts = "allowed are 30000 to 32767";

/** A fixed address of the Service. */
export const clusterIP = address
    .optional()
    .describe(
        "Address of the Service inside the cluster, a free one of its range. Without it, the cluster chooses one.",
    );

/** Which pods of the registry the Service sends whom to. */
export const trafficDistribution = z
    .enum(["PreferSameNode", "PreferSameZone", "PreferClose"])
    .optional()
    .describe(
        "Which of several pods nodes and pods are sent to, as Kubernetes names it. `PreferSameNode` (Kubernetes 1.35) has a node with a pod of the registry use that one, and so another node's sudden end costs it no pull. Without it, any pod.",
    );

/** The sections of the kinds of exposure. Each may be given only where its kind is chosen. */
export const exposureSections = {
    passthrough: z.strictObject({ entryPoints }),
    ingress: z.strictObject({
        entryPoints,
        className: z
            .string()
            .regex(subdomain, "allowed is the name of an IngressClass")
            .optional()
            .describe("IngressClass, one of Traefik's. Without it, the cluster's default."),
        annotations: annotations("Further annotations of the Ingress.").refine(
            (given) => !Object.values(ownAnnotations).some((key) => key in given),
            `not allowed are ${Object.values(ownAnnotations).join(" and ")}: set entryPoints`,
        ),
        readTimeoutSeconds: z
            .int()
            .min(0, "allowed is a whole number of seconds, 0 for none")
            .default(defaultReadTimeout)
            .describe(
                "What `respondingTimeouts.readTimeout` of the entry points is, which ends uploads; 0 is none. It belongs to Traefik's own " +
                    "configuration and cannot be set from here: unless it is 0, `pulumi up` warns.",
            ),
    }),
    gateway: z.strictObject({
        name: z
            .string()
            .regex(subdomain, "allowed is the name of a Gateway")
            .describe("Name of the Gateway, which must be there."),
        namespace: z.string().regex(label, "allowed is the name of a namespace").describe("Namespace of the Gateway."),
        sectionName: z
            .string()
            .regex(subdomain, "allowed is the name of a listener")
            .optional()
            .describe("Listener of the Gateway, with protocol TLS and mode Passthrough. Without it, each that fits."),
        version: z
            .enum(["v1alpha2", "v1alpha3", "v1"])
            .default("v1alpha2")
            .describe("Version of TLSRoute that cluster and Gateway controller know. Traefik 3.6: `v1alpha2`."),
    }),
    nodePort: z.strictObject({
        port: z
            .int()
            .min(30000, nodePorts)
            .max(32767, nodePorts)
            .optional()
            .describe("The port on every node. Without it, the cluster chooses one."),
    }),
    loadBalancer: z.strictObject({
        port: port.default(defaultBalancerPort).describe("Port on which the load balancer listens."),
        address: address
            .optional()
            .describe(
                "Address to ask for, where the load balancer heeds `spec.loadBalancerIP`. It is put on the certificate.",
            ),
        className: z
            .string()
            .regex(labelKey, "allowed is the name of a class, such as example.org/balancer")
            .optional()
            .describe("`spec.loadBalancerClass`. Kubernetes does not let it change later."),
        annotations: annotations("Annotations of the Service, which the load balancer reads."),
        sourceRanges: z
            .array(range)
            .refine(...once)
            .default([])
            .describe("Addresses that may connect. Empty: all."),
        addressInCertificate: z
            .boolean()
            .default(false)
            .describe(
                "Whether `pulumi up` waits for the address or name that the load balancer gives, and puts it on the certificate. " +
                    "Otherwise it does not wait for the load balancer at all.",
            ),
        waitSeconds: z.int().min(1).default(300).describe("How long it waits, in seconds."),
    }),
};

/** The values that decide whether the others fit. */
interface Chosen {
    exposure: (typeof exposures)[number];
    host: string;
    extraHosts: readonly string[];
    passthrough?: unknown;
    ingress?: unknown;
    gateway?: unknown;
    nodePort?: unknown;
    loadBalancer?: unknown;
}

/** What does not fit the chosen kind of exposure, as paths below `registry` with a message. */
export function exposureProblems(value: Chosen): { path: (string | number)[]; message: string }[] {
    const kinds = Object.keys(exposureSections) as (keyof typeof exposureSections)[];
    const foreign = kinds
        .filter((kind) => kind !== value.exposure && value[kind] !== undefined)
        .map((kind) => ({
            path: [kind],
            message: `belongs to the exposure ${kind}, but registry.exposure is ${value.exposure}: remove one or change the other`,
        }));
    const missing =
        value.exposure === "gateway" && value.gateway === undefined
            ? [{ path: ["gateway"], message: "the exposure gateway needs the name and namespace of a Gateway" }]
            : [];
    return [...foreign, ...missing, ...hostsWithoutName(value)];
}

function hostsWithoutName(value: Chosen): { path: (string | number)[]; message: string }[] {
    if (!routedExposures.includes(value.exposure)) return [];
    const hosts: [(string | number)[], string][] = [
        [["host"], value.host],
        ...value.extraHosts.map((host, index): [(string | number)[], string] => [["extraHosts", index], host]),
    ];
    return hosts
        .filter(([, host]) => hostProblem(host) === undefined && parseHost(host).isAddress)
        .map(([path]) => ({
            path,
            message: `with the exposure ${value.exposure} allowed are names only: clients send no name for an address`,
        }));
}

/** Whether nothing is set in an address beyond the length of the prefix: the API server takes no other range. */
function beginsItself(text: string): boolean {
    const [address = "", length = "0"] = text.split("/");
    const bits = bitsOf(address);
    return !bits.slice(Number(length)).includes("1");
}

/** The 32 or 128 bits of an IP address. */
function bitsOf(address: string): string {
    const binary = (value: number, width: number): string => value.toString(2).padStart(width, "0");
    // The URL standard writes every IPv6 address in hexadecimal, with at most one `::`.
    if (isIP(address) === 4)
        return address
            .split(".")
            .map((part) => binary(Number(part), 8))
            .join("");
    const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
    const groups = (part: string): string[] => part.split(":").filter((group) => group !== "");
    const [before, after] = [groups(head), groups(tail ?? "")];
    const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
    return [...before, ...zeros, ...after].map((group) => binary(Number.parseInt(group, 16), 16)).join("");
}
