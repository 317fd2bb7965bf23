import module from "node:module";
import { join } from "node:path";

// Has Node keep what it compiles from here on, packages and this program's own files alike: at the next start they are read instead.
// Imported first by whatever starts, and no TypeScript, since what strips its types takes a tenth of a second to load. Where the
// folder cannot be written, or Node is told not to (`NODE_DISABLE_COMPILE_CACHE`), everything is compiled as ever.
// The folder is in the checkout, so that nobody else can put code there, and in no package that an installation replaces.
module.enableCompileCache(join(import.meta.dirname, "node_modules", ".cache", "compiled"));
