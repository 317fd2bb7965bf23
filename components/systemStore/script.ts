import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (...path: string[]): string => readFileSync(join(import.meta.dirname, ...path), "utf8");

/** Puts roots into a machine's certificate store and restarts its runtime. Its first argument is `apply` or `remove`. */
export function storeScript(): string {
    return [read("service.sh"), read("setup.sh")].join("\n");
}

/** What runs in the container, and runs such a script on the node. */
export function runScript(): string {
    return read("run.sh");
}

/** What a script that sets `config_path` is told. */
export interface MendArgs {
    /** Directory that containerd shall read: where hosts.toml files are written. */
    registryDirectory: string;
    /** containerd's configuration. */
    configFile: string;
}

/**
 * Sets `config_path` in the configuration of a machine's containerd where there is none, and restarts it. Its first argument is
 * `apply` or `remove`, which puts back what stood there byte for byte.
 */
export function mendScript({ registryDirectory, configFile }: MendArgs): string {
    const told = `directory='${registryDirectory}'\nconfig='${configFile}'\n# Asked by a part of the agent that is not used here.\nmend=none\n`;
    return [read("service.sh"), told, read("..", "nodeTrust", "agent", "config.sh"), read("mend.sh")].join("\n");
}
