import { eventually } from "../machines/command.ts";
import type { Result } from "../machines/command.ts";
import { nodes } from "../network/plan.ts";

/** Runs kubectl against the lab. */
export type Kubectl = (args: readonly string[]) => Promise<Result>;

/** How long a busy machine of two cores may take. */
const patience = 120;

/** Waits until the API server answers through the relay. */
export async function apiAnswers(kubectl: Kubectl): Promise<void> {
    await eventually("API server ready", patience, async () => (await kubectl(["get", "--raw", "/readyz"])).code === 0);
}

/** Waits until every node is Ready. */
export async function nodesReady(kubectl: Kubectl): Promise<void> {
    await eventually("all nodes Ready", patience, async () => (await readyNodes(kubectl)).length === nodes.length);
}

/** The nodes that are Ready now. */
export async function readyNodes(kubectl: Kubectl): Promise<string[]> {
    const template = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const { stdout } = await kubectl(["get", "nodes", "--output", `jsonpath=${template}`]);
    return stdout.split("\n").flatMap((line) => (line.endsWith("=True") ? [line.slice(0, -"=True".length)] : []));
}
