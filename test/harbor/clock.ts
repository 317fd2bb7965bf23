/** What time it is, and waiting for it. The stand-in asks nothing else, so that a replay can play hours in seconds. */
export interface Clock {
    /** Milliseconds since 1970. */
    now(): number;
    /** Runs `what` at that time, or at once if it has passed. The answer takes it back. */
    at(time: number, what: () => void): () => void;
}

/** The time of this machine. */
export const realClock: Clock = {
    now: () => Date.now(),
    at: (time, what) => {
        // A timer of more than 24 days fires at once in Node; nothing that far off will be waited for.
        const timer = setTimeout(what, Math.min(Math.max(0, time - Date.now()), 2 ** 31 - 1));
        timer.unref();
        return () => {
            clearTimeout(timer);
        };
    },
};

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
    private time: number;
    private waiting: { readonly time: number; readonly what: () => void }[] = [];

    constructor(start: number) {
        this.time = start;
    }

    now(): number {
        return this.time;
    }

    at(time: number, what: () => void): () => void {
        const entry = { time, what };
        this.waiting.push(entry);
        return () => {
            this.waiting = this.waiting.filter((other) => other !== entry);
        };
    }

    /** Moves on, and lets everything that is due on the way happen at its own time. Never goes back. */
    async advance(to: number): Promise<void> {
        for (;;) {
            const due = this.waiting.filter((entry) => entry.time <= to).sort((a, b) => a.time - b.time)[0];
            if (due === undefined) break;
            this.waiting = this.waiting.filter((entry) => entry !== due);
            this.time = Math.max(this.time, due.time);
            due.what();
            await settled();
        }
        this.time = Math.max(this.time, to);
        await settled();
    }
}

/** Waits on a clock. */
export function sleep(clock: Clock, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
        clock.at(clock.now() + milliseconds, resolve);
    });
}

/** Lets promises that are already decided take effect. */
async function settled(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A time as Harbor writes it. Nothing is the year 1, which is how Go writes no time. */
export function timestamp(time: number | undefined): string {
    return time === undefined ? "0001-01-01T00:00:00.000Z" : new Date(time).toISOString();
}

/** A time of a task: the job service counts whole seconds. */
export function wholeSeconds(time: number | undefined): string {
    return timestamp(time === undefined ? undefined : Math.floor(time / 1000) * 1000);
}
