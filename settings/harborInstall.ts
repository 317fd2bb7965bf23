import { existsSync } from "node:fs";

import type { PlainSettings } from "./schema.ts";

/** What only this machine can tell of a Harbor that the stack installs. */
export function checkHarborInstall(harbor: PlainSettings["harbor"]): string[] {
    const path = harbor?.install?.chart?.path;
    if (path === undefined || existsSync(path)) return [];
    const allowed = "allowed is Harbor's chart, a .tgz or a folder, by its path from the project's folder";
    return [`harbor.install.chart.path: is ${JSON.stringify(path)}, which is not there; ${allowed}`];
}
