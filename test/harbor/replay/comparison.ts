import type { Mapping } from "./mapping.ts";
import type { Recording } from "./recording.ts";

/** What the stand-in answered. */
export interface Replayed {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: string;
}

const zero = "0001-01-01T00:00:00.000Z";
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** How far a time may be off, in milliseconds: the recorded machine was busier than its clock tells. */
const tolerance = 5000;

/** The tables that ids belong to, by the key they stand under. */
const tables: Readonly<Record<string, string>> = {
    policy_id: "policies",
    execution_id: "executions",
    registry_id: "registries",
    project_id: "projects",
    repository_id: "repositories",
    artifact_id: "artifacts",
    owner_id: "users",
    user_id: "users",
    src_registry: "registries",
    dest_registry: "registries",
    tags: "tags",
    cve_allowlist: "allowlists",
};

/** Compares one answer with the recorded one. The answer is what differs, in words. */
export class Comparison {
    private readonly mapping: Mapping;
    private readonly recording: Recording;
    private readonly differences: string[] = [];

    constructor(mapping: Mapping, recording: Recording) {
        this.mapping = mapping;
        this.recording = recording;
    }

    run(replayed: Replayed): string[] {
        const { response } = this.recording;
        if (response === null) return ["an answer where Harbor gave none"];
        this.equal("status", response.status, replayed.status);
        this.headers(response.headers, replayed.headers);
        this.body(response.body, replayed.body);
        return this.differences;
    }

    private headers(recorded: Readonly<Record<string, string | string[]>>, replayed: Replayed["headers"]): void {
        const text = (value: string | string[] | undefined): string => String(value ?? "");
        this.equal("Content-Type", text(recorded["Content-Type"]), text(replayed["content-type"]));
        this.equal("X-Total-Count", text(recorded["X-Total-Count"]), text(replayed["x-total-count"]));
        this.equal("Vary", text(recorded.Vary), text(replayed.vary));
        this.equal("Link", this.mapping.path(text(recorded.Link)), text(replayed.link));
        this.location(text(recorded.Location), text(replayed.location));
        const cookies = (value: string | string[] | undefined): string =>
            [value ?? []]
                .flat()
                .map((one) => one.split("=")[0])
                .sort()
                .join(" ");
        this.equal("Set-Cookie", cookies(recorded["Set-Cookie"]), cookies(replayed["set-cookie"]));
        const own = this.recording.request.headers?.["X-Request-Id"];
        const id = text(replayed["x-request-id"]);
        if (own !== undefined && own !== "") this.equal("X-Request-Id", own, id);
        else if (!/^[0-9a-f-]{36}$/.test(id)) this.differences.push("X-Request-Id is no UUID");
        this.learn(recorded, replayed);
    }

    /** Cookies and tokens come back in later requests. */
    private learn(recorded: Readonly<Record<string, string | string[]>>, replayed: Replayed["headers"]): void {
        const [token, own] = [recorded["X-Harbor-Csrf-Token"], replayed["x-harbor-csrf-token"]];
        this.equal("X-Harbor-Csrf-Token", token === undefined, own === undefined);
        if (typeof token === "string" && typeof own === "string") this.mapping.text(token, own);
        const value = (cookie: string): string => (cookie.split(";")[0] ?? "").split("=").slice(1).join("=");
        const cookies = [replayed["set-cookie"] ?? []].flat();
        for (const cookie of [recorded["Set-Cookie"] ?? []].flat()) {
            const name = cookie.split("=")[0] ?? "";
            const same = cookies.find((one) => one.startsWith(`${name}=`));
            if (same !== undefined) this.mapping.text(value(cookie), value(same));
        }
    }

    private location(recorded: string, replayed: string): void {
        const [, kind = "", id = ""] = /([a-z]+)\/(\d+)$/.exec(recorded) ?? [];
        const [, same, other = ""] = /([a-z]+)\/(\d+)$/.exec(replayed) ?? [];
        if (id === "") this.equal("Location", recorded, replayed);
        else if (kind !== same || !this.mapping.id(kind, Number(id), Number(other)))
            this.differences.push(`Location: ${recorded} became ${replayed}`);
    }

    private body(recorded: string, replayed: string): void {
        if (this.recording.request.path.endsWith("/log") && this.recording.response?.status === 200) {
            this.log(recorded, replayed);
            return;
        }
        if (!/^[[{"n]/.test(recorded)) this.equal("body", recorded, replayed);
        else if (recorded.endsWith("\n") !== replayed.endsWith("\n")) this.differences.push("the newline at the end");
        else this.value("", parsed(recorded), parsed(replayed), this.table());
    }

    /** The table that the operation is about. */
    private table(): string {
        const parts = this.recording.request.path
            .split("?")[0]
            ?.split("/")
            .filter((part) => /^[a-z]+$/.test(part));
        return parts?.at(-1) ?? "";
    }

    private value(key: string, recorded: unknown, replayed: unknown, table: string): void {
        if (Array.isArray(recorded) && Array.isArray(replayed)) {
            if (recorded.length !== replayed.length)
                this.differences.push(`${key}: ${String(recorded.length)} became ${String(replayed.length)} entries`);
            else if (this.unordered(recorded, replayed)) this.each(key, byName(recorded), byName(replayed), table);
            else this.each(key, recorded, replayed, table);
            return;
        }
        if (isObject(recorded) && isObject(replayed)) {
            for (const name of new Set([...Object.keys(recorded), ...Object.keys(replayed)]))
                this.value(name, recorded[name], replayed[name], name === "id" ? table : (tables[name] ?? table));
            return;
        }
        this.leaf(key, recorded, replayed, table);
    }

    private each(key: string, recorded: readonly unknown[], replayed: readonly unknown[], table: string): void {
        for (const [index, one] of recorded.entries()) this.value(key, one, replayed[index], table);
    }

    /** A whole list of endpoints for which nobody asked for an order comes as the database has it on its disk. */
    private unordered(recorded: readonly unknown[], replayed: readonly unknown[]): boolean {
        const { path, method } = this.recording.request;
        const total = Number(this.recording.response?.headers["X-Total-Count"] ?? -1);
        const list = method === "GET" && path.includes("/registries?") && !path.includes("sort=");
        return list && total === recorded.length && total === replayed.length;
    }

    private leaf(key: string, recorded: unknown, replayed: unknown, table: string): void {
        if (typeof recorded === "number" && typeof replayed === "number" && (key === "id" || key in tables)) {
            const kind = key === "id" ? table : (tables[key] ?? "");
            if (!this.mapping.id(kind, recorded, replayed))
                this.differences.push(`${key}: ${String(recorded)} of ${kind} became ${String(replayed)}`);
        } else if (
            typeof recorded === "number" &&
            typeof replayed === "number" &&
            key === "expires_at" &&
            recorded > 0
        ) {
            if (Math.abs(recorded - replayed) * 1000 > tolerance) this.equal(key, recorded, replayed);
        } else if (typeof recorded === "string" && typeof replayed === "string") this.text(key, recorded, replayed);
        else this.equal(key, recorded, replayed);
    }

    private text(key: string, recorded: string, replayed: string): void {
        if (time.test(recorded) && time.test(replayed)) {
            const off = Math.abs(Date.parse(recorded) - Date.parse(replayed));
            const sameKind =
                (recorded === zero) === (replayed === zero) && recorded.endsWith("000Z") === replayed.endsWith("000Z");
            if (off > tolerance || (!sameKind && key === "end_time")) this.equal(key, recorded, replayed);
        } else if (key === "retention_id") {
            if (!this.mapping.id(key, Number(recorded), Number(replayed))) this.equal(key, recorded, replayed);
        } else if (key === "href") this.line(recorded, replayed);
        else if (["secret", "digest", "job_id"].includes(key)) {
            if (!this.mapping.text(recorded, replayed)) this.equal(key, recorded, replayed);
        } else if (key === "message" && recorded.startsWith("method ")) {
            // Go's maps have no order.
            const letters = (text: string): string => text.split(/\W/).sort().join(" ");
            this.equal(key, letters(recorded), letters(replayed));
        } else this.equal(key, this.mapping.known(this.mapping.message(recorded)), replayed);
    }

    /** Logs are compared line by line, without their times. */
    private log(recorded: string, replayed: string): void {
        const lines = (text: string): string[] =>
            (text.startsWith('"') ? String(JSON.parse(text)) : text).split("\n").map((line) =>
                line
                    .replace(/^\S+ /, "")
                    .replace(/Put "[^"]*".*unexpected EOF/, "Put: unexpected EOF")
                    // Any repository that holds a blob will do, and Harbor's choice is not told.
                    .replace(/mounted from the repository \S+/, "mounted from the repository"),
            );
        const [old, now] = [lines(recorded), lines(replayed)];
        for (let index = 0; index < Math.max(old.length, now.length); index += 1)
            this.line(old[index] ?? "(nothing)", now[index] ?? "(nothing)");
    }

    private line(recorded: string, replayed: string): void {
        const digest = /sha256:[0-9a-f]{64}/g;
        const [old, now] = [recorded.match(digest) ?? [], replayed.match(digest) ?? []];
        const same = old.length === now.length && old.every((one, index) => this.mapping.text(one, now[index] ?? ""));
        if (!same || recorded.replace(digest, "") !== replayed.replace(digest, ""))
            this.differences.push(`log: ${recorded} became ${replayed}`);
    }

    private equal(what: string, recorded: unknown, replayed: unknown): void {
        if (recorded !== replayed)
            this.differences.push(`${what}: ${JSON.stringify(recorded)} became ${JSON.stringify(replayed)}`);
    }
}

/** The entries of a list in the order of their names, which are unique. */
function byName(entries: readonly unknown[]): unknown[] {
    const name = (entry: unknown): string => (isObject(entry) ? String(entry.name) : "");
    return [...entries].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}
