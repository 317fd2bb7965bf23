import { request as send } from "node:http";

import { HandClock } from "../clock.ts";
import { HarborServer } from "../server.ts";
import { Comparison, type Replayed } from "./comparison.ts";
import { events } from "./events.ts";
import { Mapping } from "./mapping.ts";
import { recordedPace } from "./paces.ts";
import { doneAt, sentAt, wasHeld, type Recording } from "./recording.ts";
import { Remotes } from "./remotes.ts";

/** A recorded request, and how the stand-in's answer to it differs. */
export interface Outcome {
    readonly recording: Recording;
    readonly differences: readonly string[];
}

/** Something to be done at a time. */
interface Step {
    readonly time: number;
    readonly what: () => unknown;
}

/** Plays every recording against one stand-in, in the order in which the real Harbor answered. */
export class Replay {
    readonly outcomes: Outcome[] = [];
    readonly harbor: HarborServer;
    private readonly clock: HandClock;
    private readonly mapping = new Mapping();
    private readonly remotes: Remotes;

    private constructor(harbor: HarborServer, clock: HandClock, remotes: Remotes) {
        this.harbor = harbor;
        this.clock = clock;
        this.remotes = remotes;
    }

    static async run(recordings: readonly Recording[]): Promise<Replay> {
        const clock = new HandClock(Date.parse("2026-11-21T01:13:42.400Z"));
        const remotes = new Remotes(authorityOf(recordings));
        const harbor = await HarborServer.start({
            clock,
            outside: remotes.outside,
            externalUrl: "http://harbor.test:8080",
            pace: recordedPace,
            // The beat on which the recorded Harbor brought its runs up to date.
            refreshFrom: Date.parse("2026-11-21T01:14:13.560Z"),
        });
        const replay = new Replay(harbor, clock, remotes);
        try {
            await replay.play(recordings);
        } finally {
            await harbor.close();
        }
        return replay;
    }

    private async play(recordings: readonly Recording[]): Promise<void> {
        const steps: Step[] = events.map(({ at, what }) => ({
            time: Date.parse(at),
            what: () => what(this.harbor, this.remotes),
        }));
        for (const recording of recordings) {
            if (recording.response === null)
                steps.push({ time: sentAt(recording), what: () => this.unanswered(recording) });
            else if (wasHeld(recording)) steps.push(...this.held(recording));
            else steps.push({ time: doneAt(recording), what: () => this.answered(recording) });
        }
        for (const { time, what } of steps.sort((a, b) => a.time - b.time)) {
            await this.clock.advance(time);
            await what();
        }
    }

    /** A stand-in that does not answer where Harbor did must not hold up the rest. */
    private async answered(recording: Recording): Promise<void> {
        const late = new Promise<undefined>((resolve) => setTimeout(resolve, 5000, undefined).unref());
        const replayed = await Promise.race([this.ask(recording), late]);
        if (replayed === undefined) this.outcomes.push({ recording, differences: ["no answer"] });
        else this.note(recording, replayed);
    }

    /** Others are answered while a wrong password is held. */
    private held(recording: Recording): Step[] {
        let answer: Promise<Replayed> | undefined;
        return [
            {
                time: sentAt(recording),
                what: async () => {
                    answer = this.ask(recording);
                    // The password has to be there before the clock moves on.
                    await new Promise((resolve) => setTimeout(resolve, 20));
                },
            },
            {
                time: Math.max(doneAt(recording), sentAt(recording) + 1501),
                what: async () => {
                    if (answer !== undefined) this.note(recording, await answer);
                },
            },
        ];
    }

    private async unanswered(recording: Recording): Promise<void> {
        const answer = this.ask(recording).then(
            () => "an answer",
            () => "the end of the connection",
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
        const first = await Promise.race([answer, Promise.resolve(undefined)]);
        this.outcomes.push({ recording, differences: first === undefined ? [] : [`${first} where Harbor gave none`] });
    }

    private note(recording: Recording, replayed: Replayed): void {
        this.outcomes.push({ recording, differences: new Comparison(this.mapping, recording).run(replayed) });
    }

    private ask(recording: Recording): Promise<Replayed> {
        const { method, path, auth, headers = {}, body, raw_body } = recording.request;
        const known = Object.entries(headers).map(([key, value]) => [key, this.mapping.known(value)]);
        const login =
            auth === null ? {} : { Authorization: `Basic ${basic(auth.user, this.mapping.known(auth.password))}` };
        const bad = recording.step === "malformed authorization header" ? { Authorization: "Basic" } : {};
        const text = raw_body ?? (body === undefined ? undefined : JSON.stringify(this.mapping.body(body)));
        return new Promise((resolve, reject) => {
            const url = new URL(this.harbor.url);
            const outgoing = send(
                {
                    host: url.hostname,
                    port: url.port,
                    method,
                    path: this.mapping.path(path),
                    headers: { ...(Object.fromEntries(known) as Record<string, string>), ...login, ...bad },
                },
                (incoming) => {
                    let received = "";
                    incoming.setEncoding("utf8");
                    incoming.on("data", (chunk: string) => (received += chunk));
                    incoming.on("end", () => {
                        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: received });
                    });
                },
            );
            outgoing.on("error", reject);
            outgoing.end(text);
        });
    }
}

function basic(user: string, password: string): string {
    return Buffer.from(`${user}:${password}`).toString("base64");
}

/** The certificate authority of the recorded registry that speaks TLS. */
function authorityOf(recordings: readonly Recording[]): string {
    const made = recordings.find(({ request }) => (request.body as { name?: string } | undefined)?.name === "tls-ca");
    return (made?.request.body as { ca_certificate?: string } | undefined)?.ca_certificate ?? "";
}
