import type { Row } from "./picture.ts";
import type { SiteStatus } from "./siteStatus.ts";
import { escaped, svg } from "./svg.ts";

/** Words tell how things are, and frames and colours only repeat them. Everything is in the file: nothing is fetched, nothing runs. */
const style = `
body{margin:0 auto;padding:12px;max-width:60rem;font:16px/1.4 system-ui,sans-serif;color:#111;background:#fff;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}
.verdict{border:2px solid #111;border-radius:4px;padding:.5rem .7rem;font-weight:700}
svg{display:block;width:100%;max-width:420px;height:auto;font:13px system-ui,sans-serif}
svg text{fill:#111}svg .bold{font-weight:700}svg rect{fill:#fff;stroke:#333;stroke-width:1}
svg .ok{stroke:#14532d;stroke-width:2}svg .due{stroke:#713f12;stroke-width:3;stroke-dasharray:6 3}
svg .waiting{stroke:#713f12;stroke-width:2;stroke-dasharray:2 3}svg .failed{stroke:#7f1d1d;stroke-width:4}
svg .arrow{fill:none;stroke:#111;stroke-width:1.5}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid #767676}
@media(max-width:640px){thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
tr{display:block;border-bottom:2px solid #333;padding:.3rem 0}td{display:grid;grid-template-columns:6.5rem 1fr;border:0;padding:.1rem 0}
td::before{content:attr(data-label);font-weight:700}}
@media print{body{max-width:none}}`;

/** A page of its own about a site, for a browser, a phone or paper. */
export function page(status: SiteStatus, rows: readonly Row[]): string {
    const { stack, at, ok, problems, certificateAuthority, harbor, drift } = status;
    const verdict = ok ? "OK: nothing is to be done" : `To do: ${problems.length.toString()}`;
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`${verdict} - site ${stack}`)}</title><style>${style}</style></head><body>
<header><h1>Site ${escaped(stack)}</h1><p>As of <time datetime="${escaped(at)}">${escaped(at)}</time></p></header>
<main><p class="verdict">${escaped(verdict)}</p>
${list(problems)}
<h2>Picture</h2>${svg(rows, `The site ${stack}`)}
${section(
    "Nodes",
    ["Node", "Ready", "Pool", "Runtime", "Bundle", "Status", "Cause"],
    status.nodes.map((one) => [
        ...[one.node, one.ready ? "yes" : "no", one.pool, `${one.runtime} ${one.version}`],
        ...[one.bundle || "-", one.status, [one.cause, ...one.warnings].filter(Boolean).join("; ")],
    ]),
)}
${section(
    "Machines",
    ["Machine", "Bundle", "Lacks"],
    status.machines.map(({ host, bundle, lacks }) => [host, bundle || "-", lacks.join(", ") || "nothing"]),
)}
${section(
    "Certificates",
    ["Name", "State", "Ends", "Days"],
    status.certificates.map(({ name, state, end, days }) => [name, state, end, days.toString()]),
)}
${section(
    "Proof",
    ["Node", "Status", "Cause"],
    status.proof.map(({ node, status: said, cause }) => [node, said, cause]),
)}
${section(
    "Harbor",
    ["Rule", "Mode", "Enabled", "Last run", "Repositories"],
    (harbor?.rules ?? []).map((one) => [
        ...[one.name, one.mode, one.enabled ? "yes" : "no", one.run || "not by pulumi up"],
        one.repositories.toString(),
    ]),
)}
${section(
    "Drift",
    ["Resource", "Change"],
    (drift ?? []).map(({ resource, change }) => [resource, change]),
    drift === undefined ? "Not asked for: --refresh does." : "None.",
)}
${certificateAuthority === undefined ? "" : `<h2>Rotation</h2><p>${escaped(certificateAuthority.nextStep)}</p>`}
</main></body></html>
`;
}

function list(texts: readonly string[]): string {
    return texts.length === 0 ? "" : `<ul>${texts.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul>`;
}

/** A table under a heading; nothing where there is no row and no word for that. */
function section(title: string, heads: readonly string[], rows: readonly string[][], empty = ""): string {
    if (rows.length === 0) return empty === "" ? "" : `<h2>${title}</h2><p>${empty}</p>`;
    const head = heads.map((one) => `<th scope="col">${one}</th>`).join("");
    const cell = (text: string, column: number): string =>
        `<td data-label="${heads[column] ?? ""}"><span>${escaped(text || "-")}</span></td>`;
    const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("");
    return `<h2>${title}</h2><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}
