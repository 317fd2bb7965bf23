import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateDir } from "../paths.ts";
import { Refusal } from "./command.ts";

/** Runs `work` while no other command of this checkout changes the lab. */
export async function locked<T>(work: () => Promise<T>): Promise<T> {
    mkdirSync(stateDir(), { recursive: true });
    const file = join(stateDir(), "lock");
    acquire(file);
    try {
        return await work();
    } finally {
        rmSync(file, { force: true });
        removeEmptyState();
    }
}

/** Nothing is left of a lab that was removed or refused, unless others keep something there. */
function removeEmptyState(): void {
    if (readdirSync(stateDir()).length === 0) rmdirSync(stateDir());
}

/** The owner is named by PID and start time: a PID alone may have been given to another process since. */
function acquire(file: string): void {
    const mine = `${file}.${process.pid.toString()}`;
    writeFileSync(mine, `${process.pid.toString()} ${startTime(process.pid) ?? ""}`);
    try {
        for (;;) {
            try {
                // A link is made with its content or not at all: nobody reads a lock that is half-written.
                linkSync(mine, file);
                return;
            } catch (error) {
                if (!existsSync(file)) throw error;
            }
            const [pid = "", started] = readFileSync(file, "utf8").split(" ");
            // A machine that lost power may have left an empty lock, which names no process.
            if (started !== undefined && started !== "" && startTime(Number(pid)) === started) {
                throw new Refusal(
                    `Another command (process ${pid}) is changing the lab of this checkout.`,
                    "Wait for it to end, or end it, and try again.",
                );
            }
            rmSync(file, { force: true });
        }
    } finally {
        rmSync(mine, { force: true });
    }
}

/** When a process was started, in the kernel's ticks; undefined when there is none, or only a dead one nobody buried. */
export function startTime(pid: number): string | undefined {
    try {
        const stat = readFileSync(`/proc/${pid.toString()}/stat`, "utf8");
        // The name in parentheses may hold spaces; the 22nd field is the 20th after it.
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return fields[0] === "Z" ? undefined : fields[19];
    } catch {
        return undefined;
    }
}
