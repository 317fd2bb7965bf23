import { createPrivateKey, type KeyObject } from "node:crypto";

import { certificatesIn, pemOf } from "../../components/registry/certificates/pem.ts";
import type { KeyPair } from "../../settings/certificates/pair.ts";
import { Refusal } from "./refusal.ts";

const encryptedKey = /-----BEGIN ENCRYPTED PRIVATE KEY-----[\s\S]*?-----END ENCRYPTED PRIVATE KEY-----/g;

/**
 * The text of a file that holds an authority: its certificate, and its key as PKCS#8 encrypted with AES-256 (PBES2, RFC 8018).
 * OpenSSL reads it: `openssl pkey -in <file>`.
 */
export function sealAuthority(authority: KeyPair, passphrase: string, stack: string): string {
    const key = createPrivateKey(authority.key).export({
        type: "pkcs8",
        format: "pem",
        cipher: "aes-256-cbc",
        passphrase,
    });
    const title = `Certificate authority of the siteregistry stack ${stack}. Key: PKCS#8, encrypted.`;
    return `${title}\n${pemOf(certificatesIn(authority.certificate))}${key.toString()}`;
}

/** Reads such a file. The key comes as PKCS#8, not encrypted. No error shows what is in it. */
export function readAuthorityFile(text: string, file: string, passphrase: string): KeyPair {
    const keys = text.match(encryptedKey) ?? [];
    const certificates = certificatesOf(text);
    const [first] = certificates;
    const [sealed] = keys;
    if (first === undefined || sealed === undefined || keys.length > 1) {
        const holds = `${certificates.length.toString()} certificates and ${keys.length.toString()} encrypted keys`;
        throw new Refusal(
            `${file} is no file of npm run ca: it holds ${holds}`,
            "name the file that export wrote, with a certificate and its key encrypted as PKCS#8",
        );
    }
    const key = unlock(sealed, file, passphrase);
    if (!first.checkPrivateKey(key))
        throw new Refusal(
            `${file}: its key does not fit its certificate`,
            "the file was put together wrongly: name another",
        );
    return {
        certificate: pemOf(certificates),
        key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    };
}

function certificatesOf(text: string): ReturnType<typeof certificatesIn> {
    try {
        return certificatesIn(text);
    } catch {
        return [];
    }
}

/** OpenSSL says no more than that it failed: padding is all that tells a wrong passphrase. */
function unlock(sealed: string, file: string, passphrase: string): KeyObject {
    try {
        return createPrivateKey({ key: sealed, passphrase });
    } catch {
        throw new Refusal(
            `${file} cannot be decrypted: the passphrase is wrong, or the file is damaged`,
            "give the passphrase that export was given",
        );
    }
}
