/** A systemd service of a machine. */
export interface Unit {
    readonly description: string;
    readonly argv: readonly string[];
    /** A command to wait for before the service starts. */
    readonly waitFor?: string;
}

/** Where a machine finds the programs of Kubernetes, bound read-only from the cache. */
export const kubernetesBin = "/opt/kubernetes";

/** The unit file of a service that is started again whenever it ends, as on a real host. */
export function unitFile({ description, argv, waitFor }: Unit): string {
    return [
        "[Unit]",
        `Description=${description}`,
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        ...(waitFor === undefined ? [] : [`ExecStartPre=${waitFor}`, "TimeoutStartSec=infinity"]),
        `ExecStart=${argv.join(" \\\n    ")}`,
        "Restart=always",
        "RestartSec=1",
        // A container's processes and mounts outlive the service that started them.
        "KillMode=process",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
    ].join("\n");
}
