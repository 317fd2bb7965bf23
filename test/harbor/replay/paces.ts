import type { Pace } from "../options.ts";
import type { Policy } from "../policy.ts";

/** Seconds after the start: when the tasks were there, when each repository was done, and how long a failed one waited for its next runs. */
type Times = readonly [found: number, done: number | Readonly<Record<string, number>>, ...retries: number[]];

/** When the recorded runs did what they did, by rule and run. Read off the recordings: the stand-in cannot know how busy that machine was. */
const recorded: Readonly<Record<string, readonly Times[]>> = {
    "x-pull": [
        [0.4, { "team/other": 3.3, "team/multi": 5.3, "team/app": 7.5 }],
        [0.7, 1.5],
    ],
    "x-run-missing-repository": [[1, 0]],
    "x-run-with-credential": [[1.2, { "priv/tool": 7.9, "priv/app": 4.9 }]],
    "x-run-single-component": [[1.5, 4.5, 60, 60]],
    "x-run-replace-count-absent": [[1.5, 11.2]],
    "x-run-replace-count-0": [[2.6, 8]],
    "x-run-tag-excludes": [[2, 13.3]],
    "x-run-multi-arch": [[2.1, 4.5]],
    "x-run-tls-ca": [[2.1, 6.3]],
    "x-run-name-brace": [[2, { "team/other": 7, "library/nginx": 8.2 }]],
    "x-rec": [[2.2, 5, 51.3, 60]],
    "x-par": [
        [1.5, 6.5],
        [1.5, 5],
    ],
    "x-good": [[1.5, 4.8, 40.3, 76.8]],
    "x-push": [[1.5, 4.8]],
    "x-run-harbor-source": [[5.5, 9.5]],
    "x-push-none": [[1.2, 0]],
    "x-event": [
        [0.05, 2.5],
        [0.3, 3, 90, 90],
        [0.05, 0.1],
    ],
    "x-sched": [
        [0.1, 0.3],
        [0.1, 2],
    ],
    rbp: [[0.3, 1.6]],
    "x-stop": [[0.1, 0.2]],
    "x-sa": Array.from({ length: 6 }, () => [0.1, 0.2] as const),
    "y-stop": [
        [0.1, 0.2],
        [0.1, 0.2],
    ],
    "y-ov": [
        [0.5, 0.8],
        [0.05, 1.8],
        [0.05, 0.6],
    ],
    "y-late": [[0.1, 0.3, 16, 98]],
};

/** When rules began to copy that took two seconds for each layer. */
const layers: Readonly<Record<string, number>> = { "x-run-replace-count-absent": 3.5, "x-run-replace-count-0": 2.7 };

/** The pace of a recorded run. */
export function recordedPace(policy: Policy, run: number): Pace {
    const [found, done, ...retries] = recorded[policy.name]?.[run] ?? [0.2, 0.3];
    const time = (repository: string): number => (typeof done === "number" ? done : (done[repository] ?? found));
    // Two rules copied the same at the same time: neither found the other's layers.
    const slow = layers[policy.name];
    const rest = (repository: string): number => Math.max(0, time(repository) - found) * 1000;
    return {
        found: found * 1000,
        work: (repository) => (slow === undefined ? rest(repository) : (slow - found) * 1000),
        ...(slow === undefined
            ? {}
            : { blob: 2000, report: (repository: string) => Math.max(0, time(repository) - slow - 4) * 1000 }),
        retries: retries.map((seconds) => seconds * 1000),
    };
}
