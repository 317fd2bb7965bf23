import { readFileSync } from "node:fs";
import { join } from "node:path";

const parts = ["head", "report", "files", "ledger", "toml", "hosts", "config", "plan", "main"];

/** The node agent: one POSIX script, made of the parts in `agent/`. Holds nothing of a site. */
export function agentScript(): string {
    return parts.map((part) => readFileSync(join(import.meta.dirname, "agent", `${part}.sh`), "utf8")).join("\n");
}
