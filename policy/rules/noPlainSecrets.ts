import { excepted, names, type Rule } from "../rule.ts";
import { namesOf, texts } from "../values.ts";

/** What a secret looks like. Not one of these matches a certificate, a digest or a program's text that speaks of passwords. */
const signs: Readonly<Record<string, RegExp>> = {
    "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]/,
    "a login of a container client": /"auth"\s*:\s*"[A-Za-z0-9+/]{8,}={0,2}"/,
    "a hashed password": /(^|[\s:"])\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/,
    "an address with a password": /\b[a-z][a-z0-9+]*:\/\/[^\s/:@$<>{}"']+:[^\s/@$<>{}"']{4,}@[A-Za-z0-9]/,
};

export const noPlainSecrets: Rule = {
    id: "no-plain-secrets",
    level: "mandatory",
    description: "No secret in an object of Kubernetes but a Secret.",
    reason: "everybody who may read the namespace reads it, and backups and logs hold it",
    remedy: "put it into a Secret and refer to that; what only looks like one is named in `allowed` of this policy",
    settings: { allowed: names() },
    check: (subject, config) => {
        const { type, props } = subject;
        if (!type.startsWith("kubernetes:") || type.endsWith(":Secret")) return [];
        if (namesOf(subject).some((name) => excepted(config, "allowed", name))) return [];
        // The text itself is never repeated.
        return texts(props).flatMap(({ path, text }) =>
            Object.entries(signs)
                .filter(([, sign]) => sign.test(text))
                .map(([what]) => `${path} holds ${what}`),
        );
    },
};
