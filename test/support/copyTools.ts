import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ensurePackages } from "../../lab/packages.ts";
import { consoleReport } from "../../lab/report.ts";
import { skopeoOfTheLab } from "./realRegistry.ts";

/**
 * A folder with skopeo and regctl, to be put on PATH. Each start of one of them is a line in `started`, in the folder beside it.
 * `without` are those that are not there.
 */
export async function copyTools(folder: string, without: readonly string[] = []): Promise<string> {
    const binaries = await ensurePackages(["regctl"], consoleReport());
    const tools: Record<string, string[]> = {
        skopeo: skopeoOfTheLab(),
        regctl: [join(binaries.get("regctl") ?? "", "regctl")],
    };
    mkdirSync(folder, { recursive: true });
    for (const [name, command] of Object.entries(tools)) {
        if (without.includes(name)) continue;
        const path = join(folder, name);
        const quoted = command.map((word) => `'${word}'`).join(" ");
        writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${folder}/../started'\nexec ${quoted} "$@"\n`);
        chmodSync(path, 0o755);
    }
    return folder;
}

/** Puts a folder first on PATH; the answer takes it away again. */
export function onPath(folder: string): () => void {
    const { PATH } = process.env;
    process.env.PATH = `${folder}:${PATH ?? ""}`;
    return () => {
        process.env.PATH = PATH;
    };
}
