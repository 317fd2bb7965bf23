import { spawn } from "node:child_process";
import { join } from "node:path";

import { Refusal } from "./refusal.ts";

/** The project: where the engine finds `Pulumi.yaml`. */
const project = join(import.meta.dirname, "..", "..");

/** What a run of the engine answered. */
export interface Answer {
    /** Exit code. */
    code: number;
    stdout: string;
    stderr: string;
}

/** Pulumi's engine on one stack, run as by hand. Secrets go in by standard input and come out by a pipe, never by the command line. */
export class Engine {
    readonly stack: string;
    private readonly configFile: string | undefined;

    /** `configFile` is the stack's file, where that is not the one that the engine takes by itself. */
    constructor(stack: string, configFile?: string) {
        this.stack = stack;
        this.configFile = configFile;
    }

    /** Runs a command that reads or writes the configuration. */
    config(args: readonly string[], input = ""): Promise<Answer> {
        const file = this.configFile === undefined ? [] : ["--config-file", this.configFile];
        return this.run(["config", ...args, ...file], input);
    }

    /** What a refresh would find, as JSON. Nothing is changed. */
    refreshPreview(): Promise<Answer> {
        const file = this.configFile === undefined ? [] : ["--config-file", this.configFile];
        return this.run(["refresh", "--preview-only", "--json", ...file], "");
    }

    /** The name of the stack that is selected. Refuses where none is. */
    static async selected(): Promise<string> {
        const { code, stdout } = await run(["stack", "--show-name", "--non-interactive"], "");
        if (code === 0) return stdout.trim();
        throw new Refusal("no stack is selected", "name one with --stack, or select one with: npx pulumi stack select");
    }

    /** The stack's state. Its secrets come in plain text, unless nobody needs them. */
    async state({ secrets = true } = {}): Promise<unknown> {
        const args = ["stack", "export", ...(secrets ? ["--show-secrets"] : [])];
        return JSON.parse(this.must(await this.run(args, ""), args)) as unknown;
    }

    /** What a command said that has to succeed. */
    must(answer: Answer, args: readonly string[]): string {
        if (answer.code === 0) return answer.stdout;
        throw new Refusal(
            `pulumi ${args.join(" ")} failed for the stack ${this.stack}: ${answer.stderr.trim()}`,
            "set PULUMI_BACKEND_URL and PULUMI_CONFIG_PASSPHRASE_FILE as for pulumi up",
        );
    }

    private run(args: readonly string[], input: string): Promise<Answer> {
        return run([...args, "--stack", this.stack, "--non-interactive"], input);
    }
}

function run(args: readonly string[], input: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
        const child = spawn("npx", ["pulumi", ...args], { cwd: project, stdio: "pipe" });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.on("error", reject);
        child.on("close", (code) => {
            resolve({ code: code ?? 128, stdout, stderr });
        });
        child.stdin.on("error", () => undefined).end(input);
    });
}
