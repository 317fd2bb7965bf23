import { everyUser, registrySocket } from "./paths.ts";

/** What the configuration file depends on. */
export interface RegistryConfigArgs {
    /** What clients show when they ask for a login. */
    realm: string;
    /** How long a transfer may still take when the registry is told to end, in seconds. */
    drainSeconds: number;
    /** Where the images are. */
    storage: StorageConfig;
}

/** What the configuration says of storage. */
export interface StorageConfig {
    /** The section that names the driver. */
    driver: Record<string, unknown>;
    /** Whether clients may be sent to the storage itself. */
    redirect: boolean;
    /** `host:port` of a Redis that remembers what layers there are. */
    cacheAddress?: string | undefined;
}

/**
 * The configuration file of distribution 3, in JSON, which is YAML.
 * It holds no secret: `http.secret`, and the keys and passwords of storage and cache come from the environment.
 * Keys: https://distribution.github.io/distribution/about/configuration/
 */
export function registryConfig(args: RegistryConfigArgs): string {
    const { driver, redirect, cacheAddress } = args.storage;
    return `${JSON.stringify(
        {
            version: "0.1",
            log: { level: "info", accesslog: { disabled: false }, fields: { service: "registry" } },
            storage: {
                ...driver,
                // Never a cache in memory: it would answer for blobs that garbage collection or another pod has removed.
                ...(cacheAddress === undefined ? {} : { cache: { blobdescriptor: "redis" } }),
                ...("filesystem" in driver ? {} : { redirect: { disable: !redirect } }),
                // Whoever comes through the gate with DELETE is of the role `push`.
                delete: { enabled: true },
                // All four keys are needed as soon as one is given.
                maintenance: { uploadpurging: { enabled: true, age: "168h", interval: "24h", dryrun: false } },
            },
            ...(cacheAddress === undefined ? {} : { redis: { addrs: [cacheAddress] } }),
            http: {
                // A socket instead of a port: only the gate reaches it, which speaks TLS and knows the roles.
                net: "unix",
                addr: registrySocket,
                // Clients reach the registry under several names; a relative address fits each of them.
                relativeurls: true,
                draintimeout: `${args.drainSeconds.toString()}s`,
                headers: { "X-Content-Type-Options": ["nosniff"] },
            },
            auth: { htpasswd: { realm: args.realm, path: everyUser } },
            health: { storagedriver: { enabled: true, interval: "10s", threshold: 3 } },
        },
        undefined,
        2,
    )}\n`;
}
