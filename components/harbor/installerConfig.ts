import { stringify } from "yaml";

import { merged, plainSecrets, type ChartValues, type ValueMistake } from "./chartValues.ts";

/** What `harbor.yml` says, in plain values. */
export interface InstallerConfig {
    /** What clients call Harbor: `https://host[:port]`. */
    url: string;
    /** Version of the installer, whose file this is. */
    version: string;
    /** Folder of certificates on the machine. */
    certificates: string;
    /** Folder of Harbor's data on the machine. */
    dataVolume: string;
    /** First password of `admin`. */
    adminPassword: string;
    /** Password of Harbor's own database. */
    databasePassword: string;
    /** More of the file. What the stack sets itself wins. */
    options: ChartValues;
}

/** What a person cannot set in the options, by path. */
const taken = ["hostname", "https", "external_url", "harbor_admin_password", "database", "data_volume", "_version"];

/** Names of the files in {@link InstallerConfig.certificates}. */
export const certificateFiles = { certificate: "server.crt", key: "server.key", roots: "roots.crt" } as const;

/** The standalone installer's `harbor.yml`. `prepare` copies the roots into the folder that all of Harbor's containers believe. */
export function harborYml(config: InstallerConfig): string {
    const { hostname, port } = new URL(config.url);
    const file = (name: keyof typeof certificateFiles): string => `${config.certificates}/${certificateFiles[name]}`;
    const own = {
        hostname: hostname.replace(/^\[|\]$/g, ""),
        https: {
            port: port === "" ? 443 : Number(port),
            certificate: file("certificate"),
            private_key: file("key"),
        },
        harbor_admin_password: config.adminPassword,
        database: { password: config.databasePassword, max_idle_conns: 100, max_open_conns: 900 },
        data_volume: config.dataVolume,
        storage_service: { ca_bundle: file("roots") },
        _version: config.version,
    };
    // What the installer's own template has, and does not do without.
    const usual = {
        http: { port: 80 },
        trivy: { ignore_unfixed: false, skip_update: true, offline_scan: true, insecure: false },
        jobservice: { max_job_workers: 10, job_loggers: ["STD_OUTPUT", "FILE"], logger_sweeper_duration: 1 },
        notification: { webhook_job_max_retry: 3, webhook_job_http_client_timeout: 3 },
        log: {
            level: "info",
            local: { rotate_count: 50, rotate_size: "200M", location: "/var/log/harbor" },
        },
    };
    return stringify(merged(merged(usual, config.options), own), { lineWidth: 0 });
}

/** What is wrong with options that a person gives, by path. */
export function installerOptionMistakes(options: ChartValues): ValueMistake[] {
    const own = taken
        .filter((key) => key in options)
        .map((key) => ({ path: [key], message: "the stack sets it itself: leave it out", secret: true }));
    const { storage_service: storage } = options;
    const bundle = typeof storage === "object" && storage !== null && "ca_bundle" in storage;
    const plain = plainSecrets(options, "no secret can be given here").filter(
        ({ path }) => !taken.includes(path[0] ?? ""),
    );
    return [
        ...own,
        ...plain,
        ...(bundle
            ? [
                  {
                      path: ["storage_service", "ca_bundle"],
                      message: "say it by harbor.install.trustedRoots: leave it out",
                  },
              ]
            : []),
    ];
}
