import { certificatesIn } from "../registry/certificates/pem.ts";
import { firstGeneration, type GenerationsArgs } from "../registry/certificates/generations.ts";
import type { Cluster } from "./cluster.ts";
import { fingerprintOf, nodeEvidence, type NodeEvidence } from "./nodeEvidence.ts";

/** The authorities that a registry is to have, and what is known of those it has. */
export interface Rotation {
    /** Mode of the certificates. Only an authority of the stack's own has generations. */
    mode: string;
    ca?: GenerationsArgs | undefined;
    /** Roots of the generations that the last update trusted, PEM, by number. */
    roots: Readonly<Record<string, string>>;
    /** Namespace of the agents, undefined where no nodes are made to trust the registry. */
    trustNamespace?: string | undefined;
}

/** The registry as the state has it. */
export interface RegistryBefore {
    namespace: string;
    objectName: string;
    objectNames?: { certs?: string };
    certificate: { mode: string; ca?: GenerationsArgs };
}

/** What the guard has to say. */
export interface Judgement {
    /** What stands against the change, by key. */
    problems: string[];
    /** What could not be looked at. */
    warnings: string[];
}

const keys = { signing: "registry.certificate.ca.signing", trusted: "registry.certificate.ca.trusted" } as const;
/** How many nodes are named: the rest is counted. */
const named = 20;
/** A kubelet hands a changed Secret to its pods about once a minute; twice that, and every pod shows it. */
const handedOverSeconds = 120;

/**
 * Whether generations may change as they are to: signing moves only to a root that every node shows to have, and a root goes
 * only when the certificate that the registry shows is signed with one that stays. Throws where the cluster does not answer.
 */
export async function judgeRotation(
    cluster: Cluster,
    rotation: Rotation,
    before: RegistryBefore,
    now: Date,
): Promise<Judgement> {
    const nothing = { problems: [], warnings: [] };
    // Another mode is another authority, for which there are no steps.
    if (rotation.mode !== "own" || before.certificate.mode !== "own") return nothing;
    const wanted = rotation.ca ?? firstGeneration;
    const had = before.certificate.ca ?? firstGeneration;
    const [moved, dropped] = await Promise.all([
        wanted.signing === had.signing ? nothing : judgeSigning(cluster, rotation, wanted, had),
        judgeDrop(cluster, rotation.roots, wanted, had, before, now),
    ]);
    return { problems: [...moved.problems, ...dropped], warnings: moved.warnings };
}

async function judgeSigning(
    cluster: Cluster,
    { roots, trustNamespace }: Rotation,
    wanted: GenerationsArgs,
    had: GenerationsArgs,
): Promise<Judgement> {
    const generation = wanted.signing.toString();
    const is = `${keys.signing}: is ${generation}, was ${had.signing.toString()}`;
    const root = roots[generation];
    if (root === undefined) {
        const steps = `first trust ${generation} beside ${had.signing.toString()} and run \`npx pulumi up\`, then change this`;
        return { problems: [`${is}; no update that ended well has trusted ${generation}: ${steps}`], warnings: [] };
    }
    if (trustNamespace === undefined) {
        const unknown = "without a `nodeTrust` section nobody shows what machines trust";
        return {
            problems: [],
            warnings: [`${is}; ${unknown}: make sure that all have the root of generation ${generation}`],
        };
    }
    const evidence = await nodeEvidence(cluster, trustNamespace);
    if (evidence === undefined) {
        const steps = "set it back and run `npx pulumi up`, which brings the agents, then change this";
        return { problems: [`${is}; there is no agent in the namespace ${trustNamespace}: ${steps}`], warnings: [] };
    }
    const print = fingerprintOf(root);
    const lagging = evidence.filter(({ roots: shown }) => !shown.has(print));
    if (lagging.length === 0) return { problems: [], warnings: [] };
    const count = `${lagging.length.toString()} of ${evidence.length.toString()} nodes`;
    const remedy =
        `wait for them, mend them (kubectl -n ${trustNamespace} get pods -o wide), or take away the Node of a machine that is gone, ` +
        "and run again. Until then pulls there would fail";
    return {
        problems: [`${is}; ${count} do not show the root of generation ${generation}: ${namesOf(lagging)}; ${remedy}`],
        warnings: [],
    };
}

async function judgeDrop(
    cluster: Cluster,
    roots: Readonly<Record<string, string>>,
    wanted: GenerationsArgs,
    had: GenerationsArgs,
    before: RegistryBefore,
    now: Date,
): Promise<string[]> {
    const dropped = had.trusted.filter((generation) => !wanted.trusted.includes(generation));
    if (dropped.length === 0) return [];
    const is = `${keys.trusted}: is ${list(wanted.trusted)}, was ${list(had.trusted)}`;
    const name = before.objectNames?.certs ?? `${before.objectName}-certs`;
    const place = `the Secret ${before.namespace}/${name}`;
    const secret = await cluster.read({ group: "", version: "v1", plural: "secrets" }, before.namespace, name);
    const [leaf] = certificatesIn(Buffer.from(secret?.data?.["tls.crt"] ?? "", "base64").toString());
    if (secret === undefined || leaf === undefined) {
        const steps = "set it back and run `npx pulumi up --refresh`, then change this";
        return [`${is}; ${place} shows no certificate, so nobody knows which root is in use: ${steps}`];
    }
    const signers = Object.entries(roots).filter(([, pem]) =>
        certificatesIn(pem).some((root) => leaf.verify(root.publicKey)),
    );
    if (!signers.some(([generation]) => wanted.trusted.includes(Number(generation)))) {
        const signer = signers[0]?.[0] ?? "none that stays";
        const steps = "keep it, move signing to another, run `npx pulumi up`, then change this";
        return [`${is}; the certificate in ${place} is signed by generation ${signer}: ${steps}`];
    }
    const changed = Math.max(
        ...(secret.metadata?.managedFields ?? []).map(({ time = "" }) => Date.parse(time) || 0),
        0,
    );
    const wait = Math.ceil(changed / 1000 + handedOverSeconds - now.getTime() / 1000);
    if (wait <= 0) return [];
    const pods = "and its pods may still show the one before";
    return [`${is}; the certificate in ${place} is new, ${pods}: run again in ${wait.toString()} seconds`];
}

function namesOf(lagging: readonly NodeEvidence[]): string {
    const shown = lagging
        .slice(0, named)
        .map(({ node, ready, words }) => `${node} (${ready ? "" : "NotReady, "}${words})`);
    const more = lagging.length - shown.length;
    return shown.join(", ") + (more > 0 ? ` and ${more.toString()} more` : "");
}

const list = (generations: readonly number[]): string => `[${generations.join(", ")}]`;
