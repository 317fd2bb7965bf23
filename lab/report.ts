/** Where progress goes: what is being done, how far, and how long it took. */
export interface Report {
    /** Says one line now. */
    say(text: string): void;
    /** Says what begins, and when `work` has ended, how long it took. Returns what `work` returned. */
    stage<T>(what: string, work: () => Promise<T>): Promise<T>;
    /** Every stage so far with its seconds, for the summary at the end. */
    readonly stages: readonly { readonly what: string; readonly seconds: number }[];
}

/** Says again that a long stage is still at work, so that a silent terminal is never taken for a hung one. */
const stillAtWorkMs = 30_000;

/** Progress as plain lines on standard error, so that standard output stays what was asked for. */
export function consoleReport(): Report {
    const stages: { what: string; seconds: number }[] = [];
    const say = (text: string): void => {
        process.stderr.write(`${text}\n`);
    };
    return {
        stages,
        say,
        async stage(what, work) {
            const begun = performance.now();
            const seconds = (): number => Math.round((performance.now() - begun) / 100) / 10;
            say(`  ${what} ...`);
            const timer = setInterval(() => {
                say(`  ${what}: still at work after ${Math.round(seconds()).toString()} s`);
            }, stillAtWorkMs);
            try {
                const result = await work();
                stages.push({ what, seconds: seconds() });
                say(`  ${what}: done in ${seconds().toString()} s`);
                return result;
            } finally {
                clearInterval(timer);
            }
        },
    };
}

/** Says how long each stage took, and what the whole took since `begun` (of `performance.now()`). */
export function sayTimings(report: Report, begun: number, whole: string): void {
    const line = (seconds: number, what: string): void => {
        report.say(`${seconds.toFixed(1).padStart(8)} s  ${what}`);
    };
    for (const { what, seconds } of report.stages) line(seconds, what);
    line((performance.now() - begun) / 1000, whole);
}
