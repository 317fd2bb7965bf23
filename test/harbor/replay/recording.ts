import { readFileSync } from "node:fs";

import { contract } from "../../support/contracts.ts";

/** A request to a real Harbor, and what it answered. */
export interface Recording {
    readonly scenario: string;
    readonly step: string;
    readonly sent_at: string;
    readonly elapsed_ms: number;
    readonly request: {
        readonly method: string;
        readonly path: string;
        readonly auth: { readonly user: string; readonly password: string } | null;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: unknown;
        readonly raw_body?: string;
    };
    /** Nothing where Harbor never answered. */
    readonly response: {
        readonly status: number;
        readonly headers: Readonly<Record<string, string | string[]>>;
        readonly body: string;
    } | null;
}

/** Every recording of a real Harbor, in the order of the file. */
export function recordings(): Recording[] {
    return JSON.parse(readFileSync(contract("harbor-recordings.json"), "utf8")) as Recording[];
}

/** When Harbor had done what was asked. */
export function doneAt(recording: Recording): number {
    return sentAt(recording) + recording.elapsed_ms;
}

/** When the request was sent. */
export function sentAt(recording: Recording): number {
    return Date.parse(recording.sent_at);
}

/** Whether the request was held for its wrong password: others were answered meanwhile. */
export function wasHeld(recording: Recording): boolean {
    const { elapsed_ms, response, request } = recording;
    const turnedDown = response?.status === 401 || request.path.endsWith("/systeminfo");
    return elapsed_ms >= 1450 && elapsed_ms < 2000 && request.auth !== null && turnedDown;
}
