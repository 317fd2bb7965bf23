import type { Request } from "./message.ts";

/** Something that goes wrong between Harbor and its client. */
export type Harm =
    /** Somebody else answers: a proxy while Harbor restarts (502, 503), or one that counts requests (429, with `Retry-After`). */
    | { readonly kind: "answer"; readonly status: number; readonly retryAfter?: number }
    /** The connection ends before Harbor has seen the request. */
    | { readonly kind: "reset" }
    /** Harbor does what it is asked, and the answer is lost. */
    | { readonly kind: "lost" }
    /** Harbor does what it is asked, and the answer ends in its middle. */
    | { readonly kind: "cut" }
    /** Harbor takes its time. */
    | { readonly kind: "slow"; readonly ms: number };

/** When something goes wrong. */
export interface Fault {
    readonly harm: Harm;
    /** Which requests it meets. Default: all. */
    readonly meets?: (request: Request) => boolean;
    /** How many requests it meets. Default: all that come. */
    readonly times?: number;
    /** Until when, by the stand-in's clock. Default: until it is cleared. */
    readonly until?: number;
}

/** What is to go wrong. The first fault that meets a request is the one that happens. */
export class Faults {
    private faults: { fault: Fault; left: number }[] = [];

    /** Plans a fault. */
    add(fault: Fault): void {
        this.faults.push({ fault, left: fault.times ?? Infinity });
    }

    /** Takes all of them back. */
    clear(): void {
        this.faults = [];
    }

    /** What happens to this request. */
    next(request: Request, now: number): Harm | undefined {
        const hit = this.faults.find(
            ({ fault, left }) => left > 0 && now < (fault.until ?? Infinity) && (fault.meets?.(request) ?? true),
        );
        if (hit === undefined) return undefined;
        hit.left -= 1;
        return hit.fault.harm;
    }
}
