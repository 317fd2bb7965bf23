import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The checkout this lab belongs to. */
export const checkout = realpathSync(join(import.meta.dirname, ".."));

/** What is slow to make and the same for every checkout of this user: built binaries, root file systems, images. */
export function cacheDir(): string {
    return join(baseDirectory("XDG_CACHE_HOME", ".cache"), "siteregistry");
}

/** Short name of this checkout, so that two checkouts on one machine do not collide. Six hexadecimal digits. */
export function labId(): string {
    return createHash("sha256").update(checkout).digest("hex").slice(0, 6);
}

/** What belongs to this checkout's lab and site: machines, kubeconfig, stack state. Gone after `npm stop`. */
export function stateDir(): string {
    return join(baseDirectory("XDG_STATE_HOME", join(".local", "state")), "siteregistry", labId());
}

/** What `npm start` keeps about the site it made: stack state, passphrase, this user's copy of the stack file. */
export function siteDir(): string {
    return `${stateDir()}-site`;
}

/** The XDG Base Directory Specification has a variable that is empty or relative count as unset. */
function baseDirectory(variable: string, fallback: string): string {
    const value = process.env[variable] ?? "";
    return isAbsolute(value) ? value : join(homedir(), fallback);
}
