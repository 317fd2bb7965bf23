import "../compileCache.js";

import { existsSync } from "node:fs";
import { join } from "node:path";

// Pulumi's language host of Node runs this where it finds `PulumiPlugin.yaml`, and so does the engine. In the npm package the plugin
// is compiled. Not awaited: the language host requires it as a module that is there at once.
void import(existsSync(join(import.meta.dirname, "main.js")) ? "./main.js" : "./main.ts");
