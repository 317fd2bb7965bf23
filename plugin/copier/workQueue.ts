/** How often the work for one name may be done at once; after that, each time waits twice as long as the last. */
const freeRuns = 5;
const longestWaitMs = 60_000;
/** After this long without work for it, a name's waits begin anew. */
const forgetMs = 120_000;

interface History {
    runs: number;
    failures: number;
    last: number;
}

/**
 * Work by name, a few at a time. What is asked for while it waits is done once; what is asked for while it runs is done again.
 * A name whose work fails, or comes back again and again because somebody else undoes it, waits longer each time.
 */
export class WorkQueue {
    private readonly work: (name: string) => Promise<boolean>;
    private readonly failed: (name: string, error: Error) => void;
    private readonly atOnce: number;
    private readonly waiting = new Set<string>();
    private readonly running = new Set<string>();
    private readonly again = new Set<string>();
    private readonly histories = new Map<string, History>();
    private closed = false;

    /** `work` returns whether there was anything to do. */
    constructor(
        work: (name: string) => Promise<boolean>,
        failed: (name: string, error: Error) => void,
        atOnce: number,
    ) {
        this.work = work;
        this.failed = failed;
        this.atOnce = atOnce;
    }

    /** Asks for the work of that name to be done, soon. */
    add(name: string): void {
        if (this.closed) return;
        if (this.running.has(name)) this.again.add(name);
        else this.waiting.add(name);
        this.turn();
    }

    /** Begins nothing any more. */
    close(): void {
        this.closed = true;
        this.waiting.clear();
    }

    private turn(): void {
        for (const name of this.waiting) {
            if (this.running.size >= this.atOnce) return;
            this.waiting.delete(name);
            this.running.add(name);
            void this.run(name);
        }
    }

    private async run(name: string): Promise<void> {
        const history = this.historyOf(name);
        const wait = waitOf(history);
        if (wait > 0 && Date.now() < history.last + wait) {
            this.running.delete(name);
            this.later(name, history.last + wait - Date.now());
            this.turn();
            return;
        }
        try {
            if (await this.work(name)) this.note(name, { ...history, runs: history.runs + 1, failures: 0 });
        } catch (error) {
            this.note(name, { ...history, failures: history.failures + 1 });
            this.failed(name, error as Error);
            this.again.add(name);
        }
        this.running.delete(name);
        if (this.again.delete(name)) this.add(name);
        else this.turn();
    }

    private later(name: string, milliseconds: number): void {
        setTimeout(() => {
            this.add(name);
        }, milliseconds).unref();
    }

    private historyOf(name: string): History {
        const known = this.histories.get(name);
        if (known !== undefined && Date.now() - known.last < forgetMs) return known;
        this.histories.delete(name);
        return { runs: 0, failures: 0, last: 0 };
    }

    private note(name: string, history: History): void {
        this.histories.set(name, { ...history, last: Date.now() });
    }
}

function waitOf({ runs, failures }: History): number {
    const exponent = Math.max(failures - 1, runs - freeRuns);
    if (failures === 0 && runs < freeRuns) return 0;
    return Math.min(longestWaitMs, 500 * 2 ** exponent);
}
