/** Where things lie inside the registry's container. Its configuration and its volumes both need to know. */
export const paths = {
    config: "/etc/distribution",
    certificate: "/etc/registry/tls",
    users: "/etc/registry/users",
    storage: "/var/lib/registry",
} as const;

/** The port the registry listens on inside its pod. Unprivileged, and the one distribution documents. */
export const containerPort = 5000;

/** What the configuration says of storage. */
export interface StorageConfig {
    /** The section that names the driver. */
    driver: Record<string, unknown>;
    /** Whether clients may be sent to the storage itself. */
    redirect: boolean;
    /** `host:port` of a Redis that remembers what layers there are. */
    cacheAddress?: string | undefined;
}

/** Files in the container. */
const files: StorageConfig = { driver: { filesystem: { rootdirectory: paths.storage } }, redirect: false };

/**
 * The configuration file of distribution 3, in JSON, which is YAML.
 * It holds no secret: `http.secret`, and the keys and passwords of storage and cache come from the environment.
 * Keys: https://distribution.github.io/distribution/about/configuration/
 */
export function registryConfig(realm: string, storage: StorageConfig = files): string {
    const { driver, redirect, cacheAddress } = storage;
    return `${JSON.stringify(
        {
            version: "0.1",
            log: { level: "info", accesslog: { disabled: false }, fields: { service: "registry" } },
            storage: {
                ...driver,
                // Never a cache in memory: it would answer for blobs that garbage collection or another pod has removed.
                ...(cacheAddress === undefined ? {} : { cache: { blobdescriptor: "redis" } }),
                ...("filesystem" in driver ? {} : { redirect: { disable: !redirect } }),
                delete: { enabled: false },
                // All four keys are needed as soon as one is given.
                maintenance: { uploadpurging: { enabled: true, age: "168h", interval: "24h", dryrun: false } },
            },
            ...(cacheAddress === undefined ? {} : { redis: { addrs: [cacheAddress] } }),
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
