/** The texts inside every secret of an exported state: what must be found nowhere else. */
export function secretsOf(state: string): Set<string> {
    const secrets = new Set<string>();
    collect(JSON.parse(state), secrets);
    return secrets;
}

/** Marks a secret in an exported state. */
const signature = "4dabf18193072939515e22adb298388d";

function collect(value: unknown, secrets: Set<string>, inSecret = false): void {
    if (typeof value === "string") {
        if (inSecret) for (const part of tellingParts(value)) secrets.add(part);
    } else if (typeof value === "object" && value !== null) {
        const secret = inSecret || signature in value;
        if (signature in value && "plaintext" in value && typeof value.plaintext === "string") {
            collect(JSON.parse(value.plaintext), secrets, true);
            return;
        }
        for (const item of Object.values(value)) collect(item, secrets, secret);
    }
}

/** The parts of a secret text whose appearance elsewhere would give it away. */
function tellingParts(text: string): string[] {
    const lines = text.trim().split("\n");
    // A key file begins with the private part, or with constants; what follows may be the public key.
    if (lines[0]?.startsWith("-----BEGIN OPENSSH") === true)
        return [lines.slice(1, -1).join("\n"), lines.slice(1, -1).join("\\n")];
    if (lines[0]?.startsWith("-----BEGIN") === true) return [lines[1] ?? ""];
    // A short text would be found by chance. A Secret's data would show as base64.
    const telling = lines.filter((line) => line.length >= 12);
    return [...telling, ...telling.map((line) => Buffer.from(line).toString("base64").replaceAll("=", ""))];
}
