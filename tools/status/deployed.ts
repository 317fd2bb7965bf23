import { X509Certificate } from "node:crypto";

/** The agents of a stack, as its state tells them. */
export interface DeployedTrust {
    readonly namespace: string;
    readonly daemonSets: readonly string[];
    /** Identity of the bundle by DaemonSet. */
    readonly bundles: Readonly<Record<string, string>>;
    readonly initContainer: string;
}

/** What a machine over SSH said in the last update that wrote there. */
export interface DeployedMachine {
    readonly host: string;
    readonly bundle: string;
    /** SHA-256 fingerprints of the roots that it has. Absent in states of older versions. */
    readonly roots?: readonly string[];
}

/** The parts of `pulumi stack export` that matter here. */
interface State {
    deployment?: { resources?: StateResource[] };
}

/** A resource of a state. */
export interface StateResource {
    urn?: string;
    id?: string;
    type?: string;
    delete?: boolean;
    inputs?: Record<string, unknown>;
    outputs?: Record<string, unknown>;
}

/** Logical name of a resource. */
export function nameOf({ urn = "" }: StateResource): string {
    return urn.split("::").at(-1) ?? "";
}

/** A plain text, or undefined: a secret of a state is an object. */
export function textOf(value: unknown): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}

const receipts = "siteregistry:index:NodeTrustReceipts";
const leaf = "tls:index/locallySignedCert:LocallySignedCert";
const stack = "pulumi:pulumi:Stack";

/** The agents that a state holds, or undefined where it holds none. Secrets are not needed. */
export function trustIn(state: unknown): DeployedTrust | undefined {
    const all = living(state).filter(({ type }) => type === receipts);
    // What mends nodes has receipts too, and it is the only thing that is given turns beside agents that need none.
    const found = all.find(({ inputs }) => inputs?.turnAnnotation === undefined) ?? all[0];
    return found?.inputs as DeployedTrust | undefined;
}

/** The machines over SSH of the last update. */
export function machinesIn(state: unknown): DeployedMachine[] {
    return (stackOutputs(state).machines ?? []) as DeployedMachine[];
}

/** Generations of the stack's own authority whose root a machine has not. */
export function lacking({ roots = [] }: DeployedMachine, trusted: readonly number[], state: unknown): number[] {
    const authorities = authoritiesIn(state);
    return trusted.filter((generation) => {
        const pem = authorities[generation.toString()];
        return pem === undefined || !roots.includes(new X509Certificate(pem).fingerprint256);
    });
}

/** The generation whose authority signed the certificate of the registry in that state; undefined where none of these did. */
export function servedBy(state: unknown): number | undefined {
    const authorities = authoritiesIn(state);
    const pem = living(state).find(({ type }) => type === leaf)?.outputs?.certPem;
    if (typeof pem !== "string") return undefined;
    const served = new X509Certificate(pem);
    const signer = Object.entries(authorities).find(([, authority]) =>
        served.verify(new X509Certificate(authority).publicKey),
    );
    return signer === undefined ? undefined : Number(signer[0]);
}

function authoritiesIn(state: unknown): Record<string, string> {
    return (stackOutputs(state).certificateAuthorities ?? {}) as Record<string, string>;
}

/** What the stack exports. */
export function stackOutputs(state: unknown): Record<string, unknown> {
    return living(state).find(({ type }) => type === stack)?.outputs ?? {};
}

/** The resources of a state that are not about to go. */
export function living(state: unknown): StateResource[] {
    return ((state as State).deployment?.resources ?? []).filter((one) => one.delete !== true);
}
