import type { CertificateStatus } from "./certificates.ts";
import type { Drift } from "./drift.ts";
import type { HarborStatus } from "./evidence.ts";
import type { NodeStatus } from "./table.ts";

/** Everything that is known of a site at one moment. */
export interface SiteStatus {
    readonly stack: string;
    /** When it was asked, RFC 3339. */
    readonly at: string;
    /** Whether nothing is to be done. */
    readonly ok: boolean;
    /** What is to be done or mended, a sentence each. */
    readonly problems: readonly string[];
    /** Public hosts of the registry. */
    readonly hosts: readonly string[];
    /** Namespace of the agents; absent where there is no trust on nodes, as are bundles and the authority. */
    readonly namespace?: string;
    readonly bundles?: Readonly<Record<string, string>>;
    readonly nodes: readonly NodeStatus[];
    readonly machines: readonly MachineStatus[];
    readonly certificateAuthority?: AuthorityStatus;
    /** The one that ends first is the first. */
    readonly certificates: readonly CertificateStatus[];
    /** What each node's pull of the proof comes to now. */
    readonly proof: readonly ProofStatus[];
    readonly harbor?: HarborStatus;
    /** What a refresh would change; absent where nobody asked. */
    readonly drift?: readonly Drift[];
}

/** A machine over SSH, as of the last update that wrote there. */
export interface MachineStatus {
    readonly host: string;
    readonly bundle: string;
    /** Generations whose root it has not. */
    readonly lacks: readonly number[];
}

/** Where a rotation of the certificate authority stands. */
export interface AuthorityStatus {
    readonly trusted: readonly number[];
    readonly signing: number;
    readonly servedBy: number | undefined;
    /** What to do next, in a sentence. */
    readonly nextStep: string;
}

/** A node's pull of the proof. */
export interface ProofStatus {
    readonly node: string;
    readonly ready: boolean;
    /** `pulled`, `failed`, `waiting`. */
    readonly status: string;
    /** The runtime's words; empty where it pulled. */
    readonly cause: string;
}

/** What is to be done, of all that is known. A node that is not Ready is not waited for, so it is no problem of the site's. */
export function problemsOf({
    nodes,
    machines,
    certificates,
    proof,
    harbor,
    drift = [],
}: Pick<SiteStatus, "nodes" | "machines" | "certificates" | "proof" | "harbor" | "drift">): string[] {
    return [
        ...nodes
            .filter(({ ready, current }) => ready && !current)
            .map(({ node, cause }) => `node ${node} does not trust the registry: ${cause || "it has not said why"}`),
        ...machines
            .filter(({ lacks }) => lacks.length > 0)
            .map(({ host, lacks }) => `machine ${host} does not show the root of generation ${lacks.join(", ")}`),
        ...certificates
            .filter(({ state }) => state !== "valid")
            .map(({ name, end, state }) =>
                state === "ended"
                    ? `certificate ${name} ended at ${end}: run pulumi up`
                    : `certificate ${name} ends at ${end} and is due: run pulumi up`,
            ),
        ...proof
            .filter(({ ready, status }) => ready && status !== "pulled")
            .map(({ node, cause }) => `node ${node} has not pulled the proof: ${cause}`),
        ...(harbor?.rules ?? []).flatMap(({ name, run, unequal }) => [
            ...(run === "" || run === "Succeed" ? [] : [`the last run of the Harbor rule ${name} is ${run}`]),
            ...unequal.map((image) => `the Harbor rule ${name} has another ${image} on each side`),
        ]),
        ...drift.map(
            ({ resource, change }) => `${resource} is not as pulumi up left it (${change}): run pulumi up --refresh`,
        ),
    ];
}
