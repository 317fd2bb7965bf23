import type { Certificates, KeyPair } from "./certificates.ts";

/** A kubeconfig with everything inside it. JSON is YAML, and needs no writer. */
export function kubeconfig(server: string, name: string, certificates: Certificates, user: KeyPair): string {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    return `${JSON.stringify(
        {
            apiVersion: "v1",
            kind: "Config",
            clusters: [
                { name, cluster: { server, "certificate-authority-data": base64(certificates.ca.certificate) } },
            ],
            users: [
                {
                    name,
                    user: { "client-certificate-data": base64(user.certificate), "client-key-data": base64(user.key) },
                },
            ],
            contexts: [{ name, context: { cluster: name, user: name } }],
            "current-context": name,
        },
        undefined,
        2,
    )}\n`;
}
