import { ensureEngine } from "./engine.ts";
import { up, type Lab } from "./lab.ts";
import { Refusal } from "./machines/command.ts";
import { consoleReport, type Report } from "./report.ts";
import { proveSite } from "./site/proof.ts";
import type { SiteFacts, Stack } from "./site/stack.ts";
import { clusterStack, confirm, labStack, refuseTakenNamespaces, userCluster } from "./site/target.ts";

/** The namespaces that the stack `dev` makes. */
const namespaces = ["kube-infra", "node-ca-trust", "image-registry-proof"];

/** `npm start`: a registry on the cluster that KUBECONFIG names, or on the lab, proven. */
async function start(report: Report): Promise<void> {
    const begun = performance.now();
    const cluster = await userCluster();
    let lab: Lab | undefined;
    let stack: Stack;
    if (cluster === undefined) {
        lab = await up(report);
        stack = labStack(lab.kubeconfig);
    } else {
        await confirm(cluster, "The site goes to this cluster");
        stack = clusterStack(cluster.kubeconfig);
        await refuseTakenNamespaces(stack, namespaces);
    }
    const { standIns } = await report.stage("the Pulumi engine and its plugins", () => ensureEngine(report));
    await stack.prepare();
    const code = await report.stage("pulumi up", () => stack.attached(["up", "--yes", "--skip-preview"]));
    if (code !== 0)
        throw new Refusal("pulumi up failed; what it said is above.", "Mend it and run npm start again, or npm stop.");
    const facts = await stack.facts();
    if (lab !== undefined) await proveSite(lab, facts, report);

    for (const { what, seconds } of report.stages) report.say(`${seconds.toFixed(1).padStart(8)} s  ${what}`);
    report.say(`${((performance.now() - begun) / 1000).toFixed(1).padStart(8)} s  in all\n`);
    process.stdout.write(summary(facts, stack, lab, standIns));
}

/** What a person needs to go on. */
function summary(facts: SiteFacts, stack: Stack, lab: Lab | undefined, standIns: readonly string[]): string {
    const { host, users } = facts;
    const user = users[0] ?? "";
    const exports = Object.entries(stack.variables).map(([name, value]) => `export ${name}='${value}'`);
    const type = (args: readonly string[]): string => stack.command(args).join(" ");
    const lines = [
        `The registry ${host} is up.`,
        facts.provenImage === undefined ? "No proof was asked for." : `Every node has pulled ${facts.provenImage}.`,
        ...(standIns.length === 0
            ? []
            : [`Stand-ins served the Pulumi plugins ${standIns.join(", ")}: the real ones cannot be had here.`]),
        "",
        `  user            ${user}`,
        `  password        after the exports below: ${type(["stack", "output", "passwords", "--show-secrets"])}`,
        `  certificate     ends ${facts.certificateExpiry}; \`pulumi up\` renews it`,
        "",
        "Log in, on a machine that resolves the host and has the CA at",
        `/etc/docker/certs.d/${host}/ca.crt (from: ${type(["stack", "output", "caBundle"])}):`,
        "",
        `  docker login ${host} --username ${user}`,
        `  podman login ${host} --username ${user}`,
        "",
        "Look:",
        "",
        ...exports.map((line) => `  ${line}`),
        `  ${type(["preview"])}`,
        "  kubectl --namespace kube-infra get all",
        ...(lab === undefined ? [] : ["  npm run lab -- status", "  npm run lab -- exec outside -- skopeo --version"]),
        "",
        `Remove it all: npm stop${lab === undefined ? " (with the same KUBECONFIG)" : ""}`,
        "",
    ];
    return lines.join("\n");
}

try {
    await start(consoleReport());
} catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
}
