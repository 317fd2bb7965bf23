import { ensureEngine } from "./engine.ts";
import { up, type Lab } from "./lab.ts";
import { Refusal } from "./machines/command.ts";
import { runProgram } from "./program.ts";
import { consoleReport, sayTimings, type Report } from "./report.ts";
import { proveSite } from "./site/proof.ts";
import type { SiteFacts, Stack } from "./site/stack.ts";
import {
    clusterStack,
    confirm,
    labStack,
    refuseTakenNamespaces,
    userCluster,
    type UserCluster,
} from "./site/target.ts";

/** `npm start`: a registry on the cluster that KUBECONFIG names, or on the lab, proven. */
async function start(report: Report): Promise<void> {
    const begun = performance.now();
    const cluster = await userCluster();
    // Before anything is built or downloaded: a person who says no has lost no time.
    if (cluster !== undefined) await askFor(cluster);
    const place = cluster ?? (await up(report));
    const { standIns } = await report.stage("the Pulumi engine and its plugins", () => ensureEngine(report));
    if (cluster !== undefined && standIns.length > 0) {
        await confirm(cluster, `Stand-ins take the place of the Pulumi plugins ${standIns.join(", ")} on this cluster`);
    }
    const lab = "nodes" in place ? place : undefined;
    const stack = "nodes" in place ? await labStack(place) : clusterStack(place);
    await stack.prepare();
    const code = await report.stage("pulumi up", () => stack.attached(["up", "--yes", "--skip-preview"]));
    if (code !== 0) {
        throw new Refusal(
            "pulumi up failed; what it said is above.",
            "Mend it and run npm start again. Where it says that something already exists after a run that was killed, run npm stop first.",
        );
    }
    const facts = await stack.facts();
    if (lab !== undefined) await proveSite(lab, facts, report);

    sayTimings(report, begun, "in all\n");
    process.stdout.write(summary(facts, stack, lab, standIns));
}

/** Refuses a cluster on which something is in the way, and asks whether it may be touched. */
async function askFor(cluster: UserCluster): Promise<void> {
    const stack = clusterStack(cluster);
    await refuseTakenNamespaces(stack, stack.namespaces());
    await confirm(cluster, "The site is put on this cluster");
}

/** What a person needs to go on. */
function summary(facts: SiteFacts, stack: Stack, lab: Lab | undefined, standIns: readonly string[]): string {
    const { host, users } = facts;
    const user = users[0] ?? "";
    const type = (args: readonly string[]): string => stack.command(args).join(" ");
    const lines = [
        `The registry ${host} is up.`,
        facts.provenImages === undefined
            ? "No proof was asked for."
            : `Every node has pulled ${facts.provenImages.join(" and ")}.`,
        ...(standIns.length === 0
            ? []
            : [`Stand-ins served the Pulumi plugins ${standIns.join(", ")}: the real ones cannot be had here.`]),
        "",
        `  user         ${user}`,
        `  certificate  ends ${facts.certificateExpiry}; \`pulumi up\` renews it`,
        "",
        "For the commands below:",
        "",
        ...Object.entries(stack.variables).map(([name, value]) => `  export ${name}='${value}'`),
        "",
        "The password, and the CA that clients must trust:",
        "",
        `  ${type(["stack", "output", "passwords", "--show-secrets"])}`,
        `  ${type(["stack", "output", "caBundle"])}`,
        "",
        `Log in, on a machine that resolves ${host} and has the CA at /etc/docker/certs.d/${host}/ca.crt:`,
        "",
        `  docker login ${host} --username ${user}`,
        `  podman login ${host} --username ${user}`,
        ...(lab === undefined
            ? []
            : [`  npm run lab -- exec outside -- skopeo login ${host} --username ${user}   # such a machine`]),
        "",
        "Look:",
        "",
        `  ${type(["preview"])}`,
        lab === undefined ? "  kubectl get pods -A" : "  npm run lab -- kubectl get pods -A",
        "",
        `Remove it all: npm stop${lab === undefined ? ", with the same KUBECONFIG" : ""}`,
        "",
    ];
    return lines.join("\n");
}

await runProgram(() => start(consoleReport()));
