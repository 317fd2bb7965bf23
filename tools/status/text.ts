import type { SiteStatus } from "./siteStatus.ts";
import { machineLine, table } from "./table.ts";

/** The report for a terminal. */
export function asText(status: SiteStatus): string {
    const { nodes, machines, certificates, proof, harbor, drift, problems, certificateAuthority } = status;
    const pulled = proof.filter(({ status: said }) => said === "pulled").length;
    return [
        ...(nodes.length === 0 ? [] : [table(nodes)]),
        ...machines.map(machineLine),
        "",
        ...certificates.map(
            (one) => `certificate ${one.name}: ${one.state}, ends ${one.end} (${one.days.toString()} days)`,
        ),
        ...(proof.length === 0 ? [] : [`proof: ${pulled.toString()} of ${proof.length.toString()} nodes have pulled`]),
        ...(harbor?.rules ?? []).map(
            ({ name, mode, enabled, run, repositories }) =>
                `Harbor rule ${name}: ${mode}${enabled ? "" : ", turned off"}, ${run === "" ? "not run by pulumi up" : `last run ${run}, ${repositories.toString()} repositories`}`,
        ),
        ...(drift === undefined ? [] : [`drift: ${drift.length === 0 ? "none" : drift.length.toString()}`]),
        "",
        ...problems.map((problem) => `to do: ${problem}`),
        ...(certificateAuthority === undefined ? [] : [certificateAuthority.nextStep]),
    ]
        .join("\n")
        .replace(/^\n+|\n+$/g, "")
        .replace(/\n{3,}/g, "\n\n");
}
