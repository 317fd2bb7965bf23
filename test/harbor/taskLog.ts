import { wholeSeconds, type Clock } from "./clock.ts";
import type { Copy, Endpoint } from "./outside.ts";

/** What a job of replication writes down. Each of its runs begins anew. */
export class TaskLog {
    private readonly clock: Clock;
    private lines: string[] = [];

    constructor(clock: Clock) {
        this.clock = clock;
    }

    get text(): string {
        return this.lines.map((line) => `${line}\n`).join("");
    }

    get empty(): boolean {
        return this.lines.length === 0;
    }

    begin(): void {
        this.lines = [];
    }

    /** A line of the transfer, with the place in Harbor's program that says it. */
    say(line: number, text: string, level: "INFO" | "WARNING" | "ERROR" = "INFO"): void {
        const time = `${wholeSeconds(this.clock.now()).slice(0, 19)}Z`;
        this.lines.push(
            `${time} [${level}] [/controller/replication/transfer/image/transfer.go:${String(line)}]: ${text}`,
        );
    }

    clients(from: Endpoint, to: Endpoint): void {
        const client = (endpoint: Endpoint): string =>
            `[type: ${endpoint.type}, URL: ${endpoint.url}, insecure: ${String(endpoint.insecure)}] created`;
        this.say(140, `client for source registry ${client(from)}`);
        this.say(150, `client for destination registry ${client(to)}`);
    }

    /** The two names of a copy, as most lines have them. */
    static names(copy: Pick<Copy, "repository" | "target">, reference: string): string {
        return `${copy.repository}:${reference}(source registry) to ${copy.target}:${reference}(destination registry)`;
    }

    failed(error: string): void {
        this.say(195, error, "ERROR");
        this.say(201, "got error during the whole transfer period, mark the job failure", "ERROR");
    }
}
