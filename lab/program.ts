/** Runs a program of the lab. A failure is told in its own words, without a stack, and makes the exit code 1. */
export async function runProgram(work: () => Promise<void>): Promise<void> {
    try {
        await work();
    } catch (error) {
        process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 1;
    }
}
