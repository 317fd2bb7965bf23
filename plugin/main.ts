import { resources } from "./resources/resources.ts";
import { serve } from "./server.ts";

/** The Pulumi plugin `siteregistry`: resources that live behind an API. Started by the engine, which names its own address. */
const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const { port } = await serve(resources, engineAddress);
// The engine reads the port off the first line.
console.log(port.toString());
