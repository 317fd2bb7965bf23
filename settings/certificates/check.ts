import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";

import { certificatesIn, isSelfSigned, rfc3339 } from "../../components/registry/certificates/pem.ts";
import type { KeyPair } from "./pair.ts";

/** Uses of a certificate that let it serve TLS: `serverAuth` and `anyExtendedKeyUsage` (RFC 5280, 4.2.1.12). */
const serving = ["1.3.6.1.5.5.7.3.1", "2.5.29.37.0"];

/** Signature algorithms that can be forged, or that no client takes any more, as DER writes them. */
const weakSignatures = {
    MD5: ["06092a864886f70d010104"],
    "SHA-1": ["06092a864886f70d010105", "06072a8648ce3d0401", "06072a8648ce380403"],
};

const curves = ["prime256v1", "secp384r1", "secp521r1"];

/** Every mistake of an authority that shall sign. `name` is the setting that holds it. */
export function checkAuthority(name: string, pair: KeyPair, bundle: string | undefined, now: Date): string[] {
    const [chain, unreadable] = read(`${name}.certificate`, pair.certificate);
    const [signer] = chain;
    if (signer === undefined) return unreadable;
    const problems = [
        ...chain.flatMap((one) => checkOne(`${name}.certificate`, one, now)),
        ...chain.flatMap((one) => checkSignature(`${name}.certificate`, one)),
        ...chain
            .filter((one) => !one.ca)
            .map((one) => `${name}.certificate: ${nameOf(one)} is no authority: CA is not set in it`),
        ...checkKey(`${name}.key`, pair.key, signer),
    ];
    if (!signer.ca) return problems;
    const roots = bundle === undefined ? chain.filter(isSelfSigned) : read("", bundle)[0];
    if (roots.length === 0)
        return [
            ...problems,
            `registry.certificate.bundle: is missing; the given authority is no root, and clients trust roots`,
        ];
    return [...problems, ...checkChain(`${name}.certificate`, chain, roots)];
}

/** Every mistake of a certificate that a server shall show. `names` are all it must cover. */
export function checkServer(
    name: string,
    pair: KeyPair,
    bundle: string,
    names: readonly string[],
    now: Date,
): string[] {
    const [chain, unreadable] = read(`${name}.certificate`, pair.certificate);
    const [leaf, ...behind] = chain;
    if (leaf === undefined) return unreadable;
    const problems = [
        ...chain.flatMap((one) => checkOne(`${name}.certificate`, one, now)),
        ...chain.flatMap((one) => checkSignature(`${name}.certificate`, one)),
        ...behind
            .filter((one) => !one.ca)
            .map((one) => `${name}.certificate: ${nameOf(one)} stands behind the first, but is no authority`),
        ...checkKey(`${name}.key`, pair.key, leaf),
        ...checkChain(`${name}.certificate`, chain, read("", bundle)[0]),
    ];
    // Node's name for it is keyUsage; what it lists are the extended ones, and it is undefined where there are none.
    const uses = leaf.keyUsage as string[] | undefined;
    if (uses !== undefined && !uses.some((use) => serving.includes(use)))
        problems.push(`${name}.certificate: is not for servers: serverAuth is not among its uses`);
    const lacking = names.filter((one) => !covers(leaf, one));
    if (lacking.length > 0)
        problems.push(
            `${name}.certificate: does not name ${lacking.join(", ")}; allowed is one that names all of ${names.join(", ")}`,
        );
    return problems;
}

/** Every mistake of the roots that clients shall trust. The text stands in plain sight, so it may hold no key. */
export function checkBundle(name: string, bundle: string, now: Date): string[] {
    if (bundle.includes("PRIVATE KEY"))
        return [`${name}: holds a private key, and this setting is not secret: remove it, and take that key for known`];
    const [roots, unreadable] = read(name, bundle);
    if (roots.length === 0) return unreadable;
    return [
        ...roots.flatMap((one) => checkOne(name, one, now)),
        ...roots
            .filter((one) => !one.ca)
            .map((one) => `${name}: ${nameOf(one)} is no authority: CA is not set in it; give the root that signed it`),
    ];
}

function read(name: string, pem: string): [X509Certificate[], string[]] {
    try {
        const found = certificatesIn(pem);
        if (found.length > 0) return [found, []];
    } catch {
        // Told below: what cannot be read is not shown.
    }
    return [[], [`${name}: holds no certificate; allowed is PEM, which begins with -----BEGIN CERTIFICATE-----`]];
}

/** A certificate that has not begun, by this machine's clock: clients with the right time refuse whatever is signed by it. */
export function checkBegun(name: string, certificate: X509Certificate, now: Date): string[] {
    if (certificate.validFromDate <= now) return [];
    const begins = `${name}: ${nameOf(certificate)} begins at ${rfc3339(certificate.validFromDate)}`;
    return [`${begins}, and the clock of this machine says ${rfc3339(now)}: set the clock, or wait`];
}

/** What can be wrong with any certificate, whatever it is for. */
function checkOne(name: string, certificate: X509Certificate, now: Date): string[] {
    const problems: string[] = [];
    const who = `${name}: ${nameOf(certificate)}`;
    const clock = `the clock of this machine says ${rfc3339(now)}`;
    if (certificate.validToDate <= now)
        problems.push(`${who} ended at ${rfc3339(certificate.validToDate)}, and ${clock}: give one that is valid`);
    problems.push(...checkBegun(name, certificate, now));
    const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: key = {} } = certificate.publicKey;
    const bits = key.modulusLength ?? 0;
    if (type === "rsa" && bits < 2048)
        problems.push(`${who} has an RSA key of ${bits.toString()} bits; allowed are 2048 or more`);
    const known = type === "rsa" || type === "ed25519" || (type === "ec" && curves.includes(key.namedCurve ?? ""));
    if (!known)
        problems.push(
            `${who} has a key of kind ${key.namedCurve ?? type}; allowed are RSA, ECDSA (P-256, P-384, P-521) and Ed25519`,
        );
    return problems;
}

/** A root in a bundle is trusted because it is there, whatever its signature is; of all others somebody may have forged it. */
function checkSignature(name: string, certificate: X509Certificate): string[] {
    const weak = Object.entries(weakSignatures).find(([, oids]) =>
        oids.some((oid) => certificate.raw.includes(Buffer.from(oid, "hex"))),
    );
    if (weak === undefined) return [];
    const found = `${name}: ${nameOf(certificate)} is signed with ${weak[0]}`;
    return [`${found}; allowed is SHA-256 or better: have it issued anew`];
}

/** The key's text never shows, nor what OpenSSL says of it. */
function checkKey(name: string, pem: string, certificate: X509Certificate): string[] {
    if (/ENCRYPTED/.test(pem))
        return [`${name}: is encrypted; the stack encrypts it anyway: give the output of openssl pkey -in <file>`];
    let key: KeyObject;
    try {
        key = createPrivateKey(pem);
    } catch {
        return [
            `${name}: is no private key; allowed is PEM, which begins with -----BEGIN PRIVATE KEY----- or the like`,
        ];
    }
    return certificate.checkPrivateKey(key)
        ? []
        : [`${name}: does not fit ${nameOf(certificate)}: it is the key of another`];
}

/** Follows the first certificate to a root. */
function checkChain(name: string, chain: readonly X509Certificate[], roots: readonly X509Certificate[]): string[] {
    let [current, ...left] = chain;
    while (current !== undefined) {
        const child: X509Certificate = current;
        if (roots.some((root) => root.fingerprint256 === child.fingerprint256 || signed(root, child))) return [];
        const next = left.find((one) => signed(one, child));
        left = left.filter((one) => one !== next);
        if (next === undefined)
            return [
                `${name}: ${nameOf(child)} is signed by ${line(child.issuer)}, which neither follows it nor is in registry.certificate.bundle`,
            ];
        current = next;
    }
    return [];
}

function signed(authority: X509Certificate, child: X509Certificate): boolean {
    return child.checkIssued(authority) && child.verify(authority.publicKey);
}

function covers(certificate: X509Certificate, name: string): boolean {
    if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
    return certificate.checkHost(name, { subject: "never" }) !== undefined;
}

function nameOf(certificate: X509Certificate): string {
    return `the certificate of ${line(certificate.subject)}`;
}

/** OpenSSL puts each part of a name on a line of its own. */
function line(name: string): string {
    return name === "" ? "(no subject)" : name.replaceAll("\n", ", ");
}
