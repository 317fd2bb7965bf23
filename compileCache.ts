import module from "node:module";
import { join } from "node:path";

/** In the checkout, so that nobody else can put code there, and in no package that an installation replaces. */
const folder = join(import.meta.dirname, "node_modules", ".cache", "compiled");

/**
 * Has Node keep what it compiles from here on, packages and this program's own files alike: at the next start they are read
 * instead. Where the folder cannot be written, or Node is told not to (`NODE_DISABLE_COMPILE_CACHE`), they are compiled as ever.
 * What is imported statically is compiled before this runs: import it dynamically, behind.
 */
export function keepCompiled(): void {
    module.enableCompileCache(folder);
}

/** Writes it now: a process that is killed, as the engine ends plugins, never comes to do so at its end. */
export function saveCompiled(): void {
    module.flushCompileCache();
}
