import { ok, type Answer } from "./message.ts";
import { internal, Refusal, unreadable } from "./refusal.ts";

type Value = string | number | boolean | undefined;

/** A list: how its rows are compared with the question, and in which order they come. */
export interface List<R> {
    readonly rows: readonly R[];
    /** The columns that `q` and `sort` know. An unknown one is ignored, as Harbor does. */
    readonly columns: Readonly<Record<string, (row: R) => Value>>;
    /** The order without `sort`, as `sort` would say it. Without it the rows come as they lie. */
    readonly order?: string;
    readonly show: (row: R) => unknown;
    /** Lists that take no `q`. */
    readonly noQuestion?: boolean;
}

/** Answers a list: filtered by `q`, sorted, one page of it, with its count and its links. */
export function listing<R>(path: string, query: URLSearchParams, list: List<R>): Answer {
    const [page, size] = paging(query);
    const question = list.noQuestion === true ? "" : (query.get("q") ?? "");
    const parts = conditions(question);
    const rows = sortRows(
        list.rows.filter((row) => parts.every((part) => matches(row, part, list.columns))),
        query.get("sort"),
        list,
    );
    const from = (Math.max(page, 1) - 1) * size;
    const shown = size < 1 ? rows : rows.slice(from, from + size);
    return ok(shown.map(list.show), {
        "X-Total-Count": String(rows.length),
        ...links(path, query, page, size, rows.length),
    });
}

/** The wanted page and its size. */
export function paging(query: URLSearchParams): [number, number] {
    const page = integer(query, "page", 1);
    const size = integer(query, "page_size", 10);
    if (size > 100) throw unreadable("page_size in query should be less than or equal to 100");
    return [page, size];
}

function integer(query: URLSearchParams, key: string, fallback: number): number {
    const text = query.get(key);
    if (text === null || text === "") return fallback;
    if (!/^-?\d+$/.test(text)) throw unreadable(`${key} in query must be of type int64: "${text}"`);
    return Number(text);
}

/** `Link` names the pages around this one, with the query's keys in order and without a host. */
function links(
    path: string,
    query: URLSearchParams,
    page: number,
    size: number,
    total: number,
): Record<string, string> {
    const link = (to: number, rel: string): string => {
        const pairs = [...query].filter(([key]) => key !== "page" && key !== "page_size");
        const all: [string, string][] = [...pairs, ["page", String(to)], ["page_size", String(size)]];
        const text = all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
        return `<${path}?${text.join("&")}>; rel="${rel}"`;
    };
    const found = [
        // A page number of 0 or a size of 0 asks for everything, and everything has no neighbours.
        ...(page > 1 && (page - 1) * size <= total ? [link(page - 1, "prev")] : []),
        ...(page !== 0 && size !== 0 && page * size < total ? [link(page + 1, "next")] : []),
    ];
    return found.length === 0 ? {} : { Link: found.join(" , ") };
}

function sortRows<R>(rows: readonly R[], wanted: string | null, list: List<R>): R[] {
    const known = (text: string): boolean => list.columns[text.replace(/^-/, "")] !== undefined;
    const keys = (wanted ?? "").split(",").filter(known);
    if (keys.length === 0 && list.order !== undefined) keys.push(list.order);
    return [...rows].sort((a, b) => {
        for (const key of keys) {
            const column = list.columns[key.replace(/^-/, "")];
            const order = compare(column?.(a), column?.(b));
            if (order !== 0) return key.startsWith("-") ? -order : order;
        }
        return 0;
    });
}

function compare(a: Value, b: Value): number {
    if (typeof a === "number" && typeof b === "number") return a - b;
    const [left, right] = [String(a), String(b)];
    return left < right ? -1 : left > right ? 1 : 0;
}

/** One part of `q`: a column, and a value whose first character may be an operator. */
interface Condition {
    readonly key: string;
    readonly value: string;
}

/** Reads `q`: comma-separated `column=value`. */
function conditions(question: string): Condition[] {
    if (question === "") return [];
    return question.split(",").map((part) => {
        const [key = "", ...rest] = part.split("=");
        const value = unescaped(rest.join("="));
        if (key === "" || value === "")
            throw new Refusal(400, 'the query string must contain "=" and the key/value cannot be empty');
        const id = /(^|_)id$/.test(key);
        if (value.startsWith("[") && !id && !key.endsWith("_time")) throw internal("a range of a column of text");
        if (id && !/^[[{(\\]?[\d~ ]+[\]})]?$/.test(value)) throw internal("a word for a column of numbers");
        return { key, value };
    });
}

/** Whether a row is meant by one part of `q`. An unknown column is not looked at. */
function matches<R>(row: R, { key, value }: Condition, columns: List<R>["columns"]): boolean {
    const column = columns[key];
    return column === undefined || compares(column(row), value);
}

/** Harbor unescapes a value once more than the query itself. */
function unescaped(value: string): string {
    try {
        return decodeURIComponent(value.replaceAll("+", " "));
    } catch {
        return value;
    }
}

function compares(cell: Value, value: string): boolean {
    const first = value[0];
    const inner = value.slice(1, -1);
    // A lone percent sign cannot be unescaped, and nothing is found for it.
    if (value === "~%") return false;
    if (first === "~") return String(cell).toLowerCase().includes(value.slice(1).toLowerCase());
    if (first === "{") return inner.split(" ").some((one) => String(cell) === one);
    if (first === "(") return inner.split(" ").every((one) => String(cell) === one);
    if (first === "[") {
        const [from = "", to = ""] = inner.split("~");
        return (from === "" || Number(cell) >= Number(from)) && (to === "" || Number(cell) <= Number(to));
    }
    return String(cell) === value.replace(/^\\/, "");
}

/** A parameter of the path that must be a whole number of 64 bits. */
export function pathId(text: string, name: string): number {
    if (!/^-?\d{1,18}$/.test(text)) throw unreadable(`${name} in path must be of type int64: "${text}"`);
    return Number(text);
}
