import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Where the contracts are that this project is tested against and does not copy: the folder that `SITEREGISTRY_CONTRACTS` names, or
 * `shared/contracts` beside the checkout or any folder above it. Throws when there is none, unless asked to say so.
 */
export function contract(name: string): string {
    const path = findContract(name);
    if (path === undefined)
        throw new Error(`no contract ${name}: set SITEREGISTRY_CONTRACTS to the folder that holds it`);
    return path;
}

/** The same, with nothing instead of an error. */
export function findContract(name: string): string | undefined {
    const given = process.env.SITEREGISTRY_CONTRACTS;
    const folders = given === undefined ? above(import.meta.dirname) : [given];
    return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function above(folder: string): string[] {
    const parent = dirname(folder);
    const here = join(folder, "shared", "contracts");
    return parent === folder ? [here] : [here, ...above(parent)];
}
