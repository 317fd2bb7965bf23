import { spawn } from "node:child_process";

import { Refusal } from "../ca/refusal.ts";

/** A program that ended otherwise than well, with the end of what it said. */
export class CommandFailure extends Error {
    /** All of it, with what is of no use to a person. */
    private readonly said: string;

    constructor(program: string, said: string) {
        // What follows the ? of an address may be a signature that lets anybody fetch it.
        const safe = said.replace(/(https?:\/\/[^\s"?]+)\?[^\s"]*/g, "$1?…");
        super(safe === "" ? `${program} failed and said nothing` : wordsIn(safe));
        this.name = "CommandFailure";
        this.said = said;
    }

    /** Whether the registry lets nobody in, or no longer. */
    get unauthorized(): boolean {
        return /unauthorized|authentication required/i.test(this.said);
    }

    /** Whether the registry does not let anybody list tags, which only the search for signatures needs. */
    get noTagList(): boolean {
        return /list tags|tags\/list/i.test(this.said);
    }

    /** Whether a disk that is full was the cause: nothing else is worth trying then. */
    get diskFull(): boolean {
        return /no space left on device|disk quota exceeded|ENOSPC|EDQUOT/i.test(this.said);
    }
}

/** Of what a program said, the reason: what it logged on its way says less, and a log line holds its words within. */
function wordsIn(said: string): string {
    const lines = said.split("\n");
    const reason = lines.filter((line) => !/^time=\S+ level=(warn|warning|info|debug)\b/i.test(line));
    const [last = ""] = reason.slice(-1);
    const words = /^time=.* msg="((?:[^"\\]|\\.)*)"$/.exec(last)?.[1]?.replace(/\\(.)/g, "$1");
    return words ?? (reason.join("\n") || said);
}

/** Where a program that the bundle needs comes from. */
const remedies: Readonly<Record<string, string>> = {
    regctl: "install regctl (https://regclient.org/install) and have it on PATH: it copies images with their signatures",
    skopeo: "install skopeo (https://github.com/containers/skopeo) and have it on PATH: it reads local stores and archives",
    helm: "install helm (https://helm.sh) and have it on PATH, or name the images in a list",
};

/** Longest part of what a program says that an error repeats, in characters. */
const longest = 2000;

/** Runs a program that is found on PATH, and returns what it prints. Rejects with its own words when it fails. */
export function run(program: string, args: readonly string[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
        const printed: Buffer[] = [];
        let said = "";
        child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => {
            said = (said + chunk.toString()).slice(-longest);
        });
        child.on("error", (error: NodeJS.ErrnoException) => {
            const missing = error.code === "ENOENT";
            reject(
                missing ? new Refusal(`${program} is not installed here`, remedies[program] ?? "install it") : error,
            );
        });
        child.on("close", (code, signal) => {
            if (code === 0) resolve(Buffer.concat(printed));
            else
                reject(
                    new CommandFailure(program, signal === null ? said.trim() : `${program} was ended by ${signal}`),
                );
        });
    });
}
