import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** What a command left behind. */
export interface Result {
    /** Exit code; 128 and more when a signal ended it. */
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
    /** Text for its standard input. */
    readonly input?: string | undefined;
    /** A file for its standard input, for what is too large to hold in memory. */
    readonly inputFile?: string | undefined;
    /** Its whole environment; the caller's own by default. */
    readonly env?: Record<string, string> | undefined;
    /** Folder to run it in; the caller's own by default. */
    readonly cwd?: string | undefined;
    /** Called with each piece of output as it comes, besides collecting it. */
    readonly onOutput?: ((text: string) => void) | undefined;
}

/** A problem a person can solve: what is wrong, and what to do about it. Shown without a stack trace. */
export class Refusal extends Error {
    constructor(problem: string, remedy: string) {
        super(`${problem}\n  ${remedy}`);
        this.name = "Refusal";
    }
}

/** What a shell reports for a command it cannot find. */
const commandNotFound = 127;

/** Runs a command to its end. A non-zero exit code is an answer here, not an error. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    const [program = "", ...args] = argv;
    return new Promise((resolve) => {
        // A large file goes to the command without passing through this process.
        const file = options.inputFile === undefined ? undefined : openSync(options.inputFile, "r");
        const child = spawn(program, args, {
            cwd: options.cwd,
            env: options.env ?? process.env,
            stdio: [file ?? "pipe", "pipe", "pipe"],
        });
        if (file !== undefined) closeSync(file);
        let stdout = "";
        let stderr = "";
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
            options.onOutput?.(text);
        });
        child.stderr?.setEncoding("utf8").on("data", (text: string) => {
            stderr += text;
            options.onOutput?.(text);
        });
        child.on("error", (error) => {
            resolve({ code: commandNotFound, stdout, stderr: `${program}: ${error.message}` });
        });
        child.on("close", (code) => {
            resolve({ code: code ?? 128, stdout, stderr });
        });
        // A command that ends without reading its input is judged by its exit code, not by the broken pipe.
        child.stdin?.on("error", () => undefined).end(options.input ?? "");
    });
}

/** Runs a command on this terminal, and returns its exit code. */
export function attached(
    argv: readonly string[],
    options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<number> {
    const [program = "", ...args] = argv;
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { ...options, stdio: "inherit" });
        child.on("error", reject);
        child.on("close", (code) => {
            resolve(code ?? 128);
        });
    });
}

/** Runs a command that has to succeed, and returns its standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await run(argv, options);
    if (result.code !== 0) {
        const said = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
        throw new Error(`"${argv.join(" ")}" ended with ${result.code.toString()}: ${said}`);
    }
    return result.stdout;
}

/** Waits until `done` says so; `what` names it in the error when it never does. */
export async function eventually(what: string, seconds: number, done: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (!(await done())) {
        if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds.toString()} s`);
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
}
