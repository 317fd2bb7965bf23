/** What the configuration of a registry on a machine depends on. */
export interface HostConfigArgs {
    /** TCP port on every address of the machine. */
    port: number;
    /** Folder of the images, as the registry sees it. */
    storage: string;
    /** Folder of the files that the configuration names, as the registry sees it. */
    folder: string;
    /** Whether it speaks TLS. */
    tls: boolean;
    /** What clients show when they ask for a login. Undefined where nobody has to log in. */
    realm: string | undefined;
}

/** What the files in the folder are called. */
export const hostFiles = {
    config: "config.json",
    environment: "environment",
    htpasswd: "htpasswd",
    certificate: "tls.crt",
    key: "tls.key",
    roots: "roots.crt",
} as const;

/**
 * The configuration file of distribution 3, in JSON, which is YAML. It holds no secret: `http.secret` comes from the environment.
 * Keys: https://distribution.github.io/distribution/about/configuration/
 */
export function hostConfig({ port, storage, folder, tls, realm }: HostConfigArgs): string {
    const file = (name: string): string => `${folder}/${name}`;
    return `${JSON.stringify(
        {
            version: "0.1",
            log: { level: "info", fields: { service: "registry" } },
            storage: {
                filesystem: { rootdirectory: storage },
                delete: { enabled: true },
                // All four keys are needed as soon as one is given.
                maintenance: { uploadpurging: { enabled: true, age: "168h", interval: "24h", dryrun: false } },
            },
            http: {
                addr: `:${port.toString()}`,
                // Clients reach the machine under several names; a relative address fits each of them.
                relativeurls: true,
                draintimeout: "20s",
                headers: { "X-Content-Type-Options": ["nosniff"] },
                ...(tls
                    ? {
                          tls: {
                              certificate: file(hostFiles.certificate),
                              key: file(hostFiles.key),
                              minimumtls: "tls1.2",
                          },
                      }
                    : {}),
            },
            ...(realm === undefined ? {} : { auth: { htpasswd: { realm, path: file(hostFiles.htpasswd) } } }),
            health: { storagedriver: { enabled: true, interval: "10s", threshold: 3 } },
        },
        undefined,
        2,
    )}\n`;
}
