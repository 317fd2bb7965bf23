import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";

/** How a certificate of a test shall be. What is not said is as a good one has it. */
export interface Wanted {
    /** Common name of the subject. */
    name: string;
    /** Who signs; itself by default. */
    issuer?: Made;
    /** Whether it is an authority. */
    ca?: boolean;
    /** DNS names and IPv4 addresses. */
    names?: string[];
    from?: Date;
    to?: Date;
    key?: "ec" | "rsa2048" | "rsa1024" | "secp256k1";
    digest?: "sha256" | "sha1" | "md5";
    /** Object identifier of its one extended use; serverAuth by default, none for authorities. */
    use?: string;
}

/** A certificate of a test with its key. */
export interface Made {
    name: string;
    /** PEM. */
    certificate: string;
    /** PKCS#8, PEM. */
    key: string;
    privateKey: KeyObject;
    keyId: Buffer;
}

const signatures: Record<string, string> = {
    "ec sha256": "1.2.840.10045.4.3.2",
    "ec sha1": "1.2.840.10045.4.1",
    "rsa sha256": "1.2.840.113549.1.1.11",
    "rsa sha1": "1.2.840.113549.1.1.5",
    "rsa md5": "1.2.840.113549.1.1.4",
};

/** Makes a certificate as RFC 5280 describes it, good or bad: tools that make good ones refuse to make the others. */
export function makeCertificate(wanted: Wanted): Made {
    const { name, issuer, ca = false, names = [], digest = "sha256" } = wanted;
    const { privateKey, publicKey } = keyPair(wanted.key ?? "ec");
    const spki = publicKey.export({ type: "spki", format: "der" });
    const keyId = createHash("sha1").update(spki).digest();
    const signer = issuer?.privateKey ?? privateKey;
    const kind = signer.asymmetricKeyType ?? "";
    const algorithm = sequence(oid(signatures[`${kind} ${digest}`] ?? ""), ...(kind === "rsa" ? [tlv(0x05)] : []));
    const use = wanted.use ?? (ca ? undefined : "1.3.6.1.5.5.7.3.1");
    const extensions = [
        extension("2.5.29.19", sequence(...(ca ? [tlv(0x01, Buffer.from([0xff]))] : [])), true),
        extension("2.5.29.15", tlv(0x03, Buffer.from(ca ? [1, 0x06] : [7, 0x80])), true),
        extension("2.5.29.14", tlv(0x04, keyId)),
        extension("2.5.29.35", sequence(tlv(0x80, issuer?.keyId ?? keyId))),
        ...(use === undefined ? [] : [extension("2.5.29.37", sequence(oid(use)))]),
        ...(names.length === 0 ? [] : [extension("2.5.29.17", sequence(...names.map(generalName)))]),
    ];
    const body = sequence(
        tlv(0xa0, tlv(0x02, Buffer.from([2]))),
        tlv(0x02, Buffer.concat([Buffer.from([1]), keyId.subarray(0, 8)])),
        algorithm,
        subject(issuer?.name ?? name),
        sequence(
            time(wanted.from ?? new Date("2020-01-01T00:00:00Z")),
            time(wanted.to ?? new Date("2046-01-01T00:00:00Z")),
        ),
        subject(name),
        spki,
        tlv(0xa3, sequence(...extensions)),
    );
    const signature = sign(digest, body, signer);
    const der = sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
    const lines = der.toString("base64").replaceAll(/.{1,64}/g, "$&\n");
    return {
        name,
        certificate: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
        key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        privateKey,
        keyId,
    };
}

function keyPair(kind: NonNullable<Wanted["key"]>): { privateKey: KeyObject; publicKey: KeyObject } {
    if (kind === "ec") return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    if (kind === "secp256k1") return generateKeyPairSync("ec", { namedCurve: kind });
    return generateKeyPairSync("rsa", { modulusLength: Number(kind.slice(3)) });
}

function tlv(tag: number, ...content: Buffer[]): Buffer {
    const body = Buffer.concat(content);
    const { length } = body;
    const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
    return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function sequence(...content: Buffer[]): Buffer {
    return tlv(0x30, ...content);
}

function oid(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
    const bytes = rest.flatMap((part) => {
        const digits = [part & 0x7f];
        for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
        return digits;
    });
    return tlv(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function subject(name: string): Buffer {
    return sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(0x0c, Buffer.from(name)))));
}

function time(moment: Date): Buffer {
    const digits = moment.toISOString().replaceAll(/\.\d+|[-:T]/g, "");
    // Years before 2050 have two digits (RFC 5280, 4.1.2.5).
    return moment.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
    return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

function generalName(name: string): Buffer {
    return isIPv4(name) ? tlv(0x87, Buffer.from(name.split(".").map(Number))) : tlv(0x82, Buffer.from(name));
}

/** Every DNS name of a registry with the default names and the host `registry.example.org`. */
export const siteNames = [
    "registry.example.org",
    "image-registry",
    "image-registry.kube-infra",
    "image-registry.kube-infra.svc",
    "image-registry.kube-infra.svc.cluster.local",
];
