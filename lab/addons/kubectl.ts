import type { Lab } from "../lab.ts";

/** Runs kubectl and returns what it printed; anything but success is an error with kubectl's own words. */
export async function mustKubectl(lab: Lab, args: string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await lab.kubectl(args, input === undefined ? {} : { input });
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code.toString()}: ${stderr.trim()}`);
    return stdout;
}
