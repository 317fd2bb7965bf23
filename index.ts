import { keepCompiled } from "./compileCache.ts";

keepCompiled();
// Pulumi's runner maps every stack trace to the sources of the packages, and its SDK takes several at each resource: half a second
// of each run. The positions in this program's own files are right as they are, since Node strips types in place.
delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;

const { outputs } = await import("./program.ts");
export default outputs;
