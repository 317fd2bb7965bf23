import { flushCompileCache } from "node:module";

import { serve } from "./server.ts";

/** The Pulumi plugin `siteregistry`: resources that live behind an API. Started by the engine, which names its own address. */
const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const { port } = await serve(engineAddress);
// The engine reads the port off the first line.
console.log(port.toString());
// Now: a process that is killed, as the engine ends plugins, never comes to do so at its end.
flushCompileCache();
