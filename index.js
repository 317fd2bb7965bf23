// No TypeScript: what strips its types would be loaded for this file alone, since Node keeps what it has stripped of all others.
import "./compileCache.js";

// Pulumi's runner maps every stack trace to the sources of the packages, and its SDK takes several at each resource: half a second
// of each run. The positions in this program's own files are right as they are, since Node strips types in place.
delete Error.prepareStackTrace;

const { outputs } = await import("./program.ts");
export default outputs;
