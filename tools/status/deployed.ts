import { X509Certificate } from "node:crypto";

/** The agents of a stack, as its state tells them. */
export interface DeployedTrust {
    readonly namespace: string;
    readonly daemonSets: readonly string[];
    /** Identity of the bundle by DaemonSet. */
    readonly bundles: Readonly<Record<string, string>>;
    readonly initContainer: string;
}

/** The parts of `pulumi stack export` that matter here. */
interface State {
    deployment?: { resources?: StateResource[] };
}

interface StateResource {
    type?: string;
    delete?: boolean;
    inputs?: Record<string, unknown>;
    outputs?: Record<string, unknown>;
}

const receipts = "siteregistry:index:NodeTrustReceipts";
const leaf = "tls:index/locallySignedCert:LocallySignedCert";
const stack = "pulumi:pulumi:Stack";

/** The agents that a state holds, or undefined where it holds none. Secrets are not needed. */
export function trustIn(state: unknown): DeployedTrust | undefined {
    const found = living(state).find(({ type }) => type === receipts);
    return found?.inputs as DeployedTrust | undefined;
}

/** The generation whose authority signed the certificate of the registry in that state; undefined where none of these did. */
export function servedBy(state: unknown): number | undefined {
    const resources = living(state);
    const outputs = resources.find(({ type }) => type === stack)?.outputs ?? {};
    const authorities = (outputs.certificateAuthorities ?? {}) as Record<string, string>;
    const pem = resources.find(({ type }) => type === leaf)?.outputs?.certPem;
    if (typeof pem !== "string") return undefined;
    const served = new X509Certificate(pem);
    const signer = Object.entries(authorities).find(([, authority]) =>
        served.verify(new X509Certificate(authority).publicKey),
    );
    return signer === undefined ? undefined : Number(signer[0]);
}

function living(state: unknown): StateResource[] {
    return ((state as State).deployment?.resources ?? []).filter((one) => one.delete !== true);
}
