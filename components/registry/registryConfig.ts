/** Where things lie inside the registry's container. Its configuration and its volumes both need to know. */
export const paths = {
    config: "/etc/distribution",
    certificate: "/etc/registry/tls",
    users: "/etc/registry/users",
    storage: "/var/lib/registry",
} as const;

/** The port the registry listens on inside its pod. Unprivileged, and the one distribution documents. */
export const containerPort = 5000;

/**
 * The configuration file of distribution 3, in JSON, which is YAML.
 * It holds no secret: `http.secret` comes from the environment.
 * Keys: https://distribution.github.io/distribution/about/configuration/
 */
export function registryConfig(realm: string): string {
    return `${JSON.stringify(
        {
            version: "0.1",
            log: { level: "info", accesslog: { disabled: false }, fields: { service: "registry" } },
            storage: {
                filesystem: { rootdirectory: paths.storage },
                // No cache is named: one in memory would answer for blobs that garbage collection has removed.
                delete: { enabled: false },
                // All four keys are needed as soon as one is given.
                maintenance: { uploadpurging: { enabled: true, age: "168h", interval: "24h", dryrun: false } },
            },
            http: {
                addr: `:${containerPort.toString()}`,
                // Clients reach the registry under several names; a relative address fits each of them.
                relativeurls: true,
                draintimeout: "60s",
                tls: {
                    certificate: `${paths.certificate}/tls.crt`,
                    key: `${paths.certificate}/tls.key`,
                    minimumtls: "tls1.2",
                },
                headers: { "X-Content-Type-Options": ["nosniff"] },
            },
            auth: { htpasswd: { realm, path: `${paths.users}/htpasswd` } },
            health: { storagedriver: { enabled: true, interval: "10s", threshold: 3 } },
        },
        undefined,
        2,
    )}\n`;
}
