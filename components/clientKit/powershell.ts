import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Filling } from "./kit.ts";

/** The script for Windows. Lines end as Windows ends them. */
export function powershellScript({ hosts, roots, id }: Filling): string {
    const body = readFileSync(join(import.meta.dirname, "powershell", "body.ps1"), "utf8");
    const list = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(", ");
    const values = [
        `$KitHosts = @(${list(hosts)})`,
        `$KitId = '${id}'`,
        "# SHA-256 of the DER form of each root, in the order of the bundle.",
        `$KitPins = @(${list(roots.map((root) => root.sha256))})`,
        "$KitCa = @'",
        ...roots.flatMap((root) => root.pem.trimEnd().split("\n")),
        "'@",
    ];
    return body.replace("# <kit>", () => values.join("\n")).replaceAll("\n", "\r\n");
}
