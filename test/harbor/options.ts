import type { Clock } from "./clock.ts";
import type { Endpoint, Outside } from "./outside.ts";
import type { Policy } from "./policy.ts";

/** When things happen in a simulated run: what happens is for the registries to say. Milliseconds. */
export interface Pace {
    /** From the start until the tasks are there, or until it is known that there are none. */
    readonly found: number;
    /** From then until the job of a repository does its work. */
    readonly work: (repository: string) => number;
    /** How long each layer takes that has to be moved. Default: nothing, unless the rule limits the speed. */
    readonly blob?: number;
    /** From the end of that work until the job says so. Default: nothing. */
    readonly report?: (repository: string) => number;
    /** From a failure to the next run of the job: how long, for each of the two further runs. */
    readonly retries: readonly number[];
}

/** How the stand-in is to be. Everything has a default that suits a test in a hurry, except the timing, which is Harbor's own. */
export interface Options {
    /** Port on the loopback interface. Default: any free one. */
    readonly port?: number;
    readonly host?: string;
    /** Certificate and key, both PEM, to be served over HTTPS. Default: plain HTTP. */
    readonly tls?: { readonly cert: string; readonly key: string };
    /** Password of `admin`. Default: `Harbor12345`. */
    readonly password?: string;
    /** What it says its version is. Default: 2.15.2. Before 2.15 it knows no `ca_certificate`, and from 2.16 a new URL takes the secret away. */
    readonly version?: string;
    /** Kinds of registry that it offers. None where its installer did not name any. Default: those of Harbor 2.15. */
    readonly offeredTypes?: readonly string[];
    /** URL under which it says it is to be found. Default: its own. */
    readonly externalUrl?: string;
    readonly clock?: Clock;
    /** The registries at the other end. Default: none that answers. */
    readonly outside?: Outside;
    /** The registry that keeps its own images. Default: a simulated one. */
    readonly local?: Partial<Endpoint>;
    /** Whether every request and every answer is compared with Harbor's OpenAPI document. Default: yes, if the document can be found. */
    readonly validate?: boolean;
    /** Between two updates of the state of runs. Default: 30 s, as Harbor's own. */
    readonly refreshMs?: number;
    /** When the first of these updates is due, as a time. Default: one interval after the start. */
    readonly refreshFrom?: number;
    /** How long a wrong password is held, and its user name locked. Default: 1500 ms, as Harbor's own. */
    readonly lockMs?: number;
    /** How long after its start the n-th run of a rule, from 0, does what. Default: quick, with Harbor's own waits between retries. */
    readonly pace?: (policy: Policy, run: number) => Pace;
}
