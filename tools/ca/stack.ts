import { certificatesIn } from "../../components/registry/certificates/pem.ts";
import type { KeyPair } from "../../settings/certificates/pair.ts";
import { checkAuthority } from "../../settings/certificates/check.ts";
import { project } from "../../settings/schema.ts";
import type { Engine } from "./engine.ts";
import { Refusal } from "./refusal.ts";

/** Whose certificate is signed with an authority: a registry in a cluster, or one on machines. */
export type Signed = "RegistryStack" | "HostRegistry";

/** The certificate that a registry shows, in a state: it is signed with the authority, and its inputs hold that one. */
const leafOf = (signed: Signed): string => `siteregistry:index:${signed}$tls:index/locallySignedCert:LocallySignedCert`;

/** The parts of `pulumi stack export` that matter here. */
interface State {
    deployment?: { resources?: { urn: string; inputs?: Record<string, unknown>; delete?: boolean }[] };
}

/** The authority that signs in a state exported with its secrets, or undefined where none does. */
export function authorityIn(state: unknown, signed: Signed = "RegistryStack"): KeyPair | undefined {
    const resources = (state as State).deployment?.resources ?? [];
    const leaf = resources.find(({ urn, delete: doomed }) => urn.includes(`::${leafOf(signed)}::`) && doomed !== true);
    const certificate = plain(leaf?.inputs?.caCertPem);
    const key = plain(leaf?.inputs?.caPrivateKeyPem);
    return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** A value of a state; a secret one is JSON in plain text. */
function plain(value: unknown): string | undefined {
    if (typeof value === "string") return value;
    const { plaintext } = (value ?? {}) as { plaintext?: unknown };
    const inside: unknown = typeof plaintext === "string" ? JSON.parse(plaintext) : undefined;
    return typeof inside === "string" ? inside : undefined;
}

/** The authority of a stack: of its registry in the cluster, or else of the one on machines. Refuses where there is none. */
export async function exportAuthority(engine: Engine): Promise<KeyPair> {
    const state = await engine.state();
    const found = authorityIn(state) ?? authorityIn(state, "HostRegistry");
    if (found !== undefined) return found;
    throw new Refusal(
        `the stack ${engine.stack} has no authority`,
        "pulumi up makes one for the section host, and where registry.certificate.mode is own; in the modes given and certManager it is elsewhere",
    );
}

const keys = {
    certificate: `${project}:certificates.authority.certificate`,
    key: `${project}:certificates.authority.key`,
    mode: `${project}:registry.certificate.mode`,
};

/** Refuses an authority that cannot sign, and one that would take the place of another. */
export async function checkAgainst(engine: Engine, authority: KeyPair, now = new Date()): Promise<void> {
    // Roots that go with an authority that is none itself are in the stack's plain settings, and checked there.
    const problems = checkAuthority("authority", authority, authority.certificate, now);
    if (problems.length > 0) throw new Refusal(problems.join("\n  "), "nothing was changed");
    const signing = authorityIn(await engine.state());
    if (signing !== undefined && !same(signing.certificate, authority.certificate)) {
        throw new Refusal(
            `the stack ${engine.stack} signs with another authority, and clients that trust that one would trust the registry no more`,
            "nothing was changed; import into a stack that is not up yet, or destroy it first",
        );
    }
    const given = await engine.config(["get", "--path", keys.certificate]);
    if (given.code === 0 && !same(given.stdout, authority.certificate)) {
        throw new Refusal(
            `the configuration of the stack ${engine.stack} holds another authority, and may be the only place that has its key`,
            `nothing was changed; remove it with: pulumi config rm --path ${project}:certificates.authority`,
        );
    }
}

/** Whether two certificates are of one key: that of an authority is re-issued with it. */
function same(one: string, other: string): boolean {
    const keyOf = (pem: string): Buffer | undefined =>
        certificatesIn(pem)[0]?.publicKey.export({ type: "spki", format: "der" });
    const first = keyOf(one);
    return first !== undefined && keyOf(other)?.equals(first) === true;
}

/** Has a stack sign with an authority from its next `up` on. The mode comes last: what was broken off half-way can be run again. */
export async function importAuthority(engine: Engine, authority: KeyPair): Promise<void> {
    for (const member of ["certificate", "key"] as const) {
        const args = ["set", "--secret", "--path", keys[member]];
        engine.must(await engine.config(args, authority[member]), ["config", ...args]);
    }
    const mode = ["set", "--path", keys.mode, "givenAuthority"];
    engine.must(await engine.config(mode), ["config", ...mode]);
}
