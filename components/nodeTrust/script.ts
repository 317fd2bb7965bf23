import { readFileSync } from "node:fs";
import { join } from "node:path";

import { runtimes, type Runtime } from "./runtimes.ts";

const parts = ["head", "report", "files", "ledger", "toml", "hosts", "config", "plan", "main"];

/** Where the bundle of a machine over SSH has what sets `config_path`. */
export const mendEntry = "mend.sh";

let script: string | undefined;

/** The node agent: one POSIX script, made of the parts in `agent/`. Holds nothing of a site. */
export function agentScript(): string {
    script ??= parts.map((part) => readFileSync(join(import.meta.dirname, "agent", `${part}.sh`), "utf8")).join("\n");
    return script;
}

/** The bundle that the agent is given, text by path in it. `files` are by absolute path on the machine, `hosts` is its `/etc/hosts` block, `mend` a script that has the runtime read them. */
export function bundleEntries(
    files: Readonly<Record<string, string>>,
    hosts?: string,
    mend?: string,
): Record<string, string> {
    return {
        "agent.sh": agentScript(),
        ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`files${path}`, text])),
        ...(hosts === undefined ? {} : { hosts }),
        ...(mend === undefined ? {} : { [mendEntry]: mend }),
    };
}

/** What the agent is told besides who it is and what its bundle is. */
export interface AgentManner {
    /** Whether files of others for the same host are kept and added to, or replaced until trust is taken back. */
    foreign: "merge" | "replace";
    /**
     * What is done where containerd would not read what is written. `link`: a link, where it takes a list of directories for one.
     * `config`: `config_path` is set where there is none, and containerd restarted: on machines over SSH by themselves, on nodes by
     * who may (the agent may not).
     */
    mend: "none" | "link" | "config";
}

/** The variables that say so, and what the machine has. */
export function agentEnvironment(runtime: Runtime, { foreign, mend }: AgentManner): Record<string, string> {
    const { configFile } = runtimes[runtime];
    return {
        RUNTIME: runtime,
        ...(configFile === undefined ? {} : { CONFIG: configFile }),
        FOREIGN: foreign,
        MEND: mend,
    };
}
