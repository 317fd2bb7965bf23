/** What a field of a schedule may hold. */
interface Field {
    readonly name: string;
    readonly first: number;
    readonly last: number;
    readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const fields: readonly Field[] = [
    { name: "seconds", first: 0, last: 59 },
    { name: "minutes", first: 0, last: 59 },
    { name: "hours", first: 0, last: 23 },
    { name: "day of the month", first: 1, last: 31 },
    { name: "month", first: 1, last: 12, names: months },
    { name: "day of the week", first: 0, last: 6, names: days },
];
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const example =
    "such as `0 30 2 * * *`: seconds (always 0), minutes, hours, day of the month, month, day of the week, in UTC";

/** The values that a field allows, and whether it stands for any. */
interface Allowed {
    readonly values: ReadonlySet<number>;
    readonly any: boolean;
}

/** A schedule as Harbor takes it, with single blanks, or what is wrong with it. */
export function schedule(text: string): { cron: string } | { reason: string } {
    const cron = text.trim().replace(/\s+/g, " ");
    const parts = cron.split(" ");
    if (parts.length !== fields.length) return { reason: `must have six fields, ${example}` };
    if (parts[0] !== "0") return { reason: `must begin with 0, the seconds, ${example}` };
    if (parts[1] === "*") return { reason: "must not run every minute: name the minutes" };
    const allowed: Allowed[] = [];
    for (const [index, field] of fields.entries()) {
        const found = allowedBy(parts[index] ?? "", field);
        if (typeof found === "string") return { reason: `has a ${field.name} of "${parts[index] ?? ""}": ${found}` };
        allowed.push(found);
    }
    // Harbor itself would look for the next run for ever, and answer nobody meanwhile.
    if (!everFires(allowed)) return { reason: "names a day that never comes" };
    return { cron };
}

function everFires(allowed: readonly Allowed[]): boolean {
    const [, , , day, month, weekday] = allowed;
    if (day === undefined || month === undefined || weekday === undefined) return false;
    // With both days given, either will do, and each week has every day.
    if (day.any || !weekday.any) return true;
    return [...month.values].some((one) => Math.min(...day.values) <= (longestMonth[one - 1] ?? 0));
}

/** As robfig/cron v3 reads a field: lists of `*`, `?`, a value, a range, each with a step. */
function allowedBy(text: string, field: Field): Allowed | string {
    const values = new Set<number>();
    let any = false;
    for (const part of text.split(",")) {
        const [range = "", step = "1", ...more] = part.split("/");
        const [low = "", high, ...rest] = range.split("-");
        const every = range === "*" || range === "?";
        if (more.length > 0 || rest.length > 0 || !/^\d+$/.test(step) || Number(step) < 1)
            return "is no range with a step";
        const from = every ? field.first : valueOf(low, field);
        const end = high === undefined ? (part.includes("/") ? field.last : from) : valueOf(high, field);
        const to = every ? field.last : end;
        if (from === undefined || to === undefined || from < field.first || to > field.last || from > to) {
            return `allowed is ${field.first.toString()} to ${field.last.toString()}`;
        }
        for (let value = from; value <= to; value += Number(step)) values.add(value);
        any ||= every && Number(step) === 1;
    }
    return { values, any };
}

function valueOf(text: string, { names = [], first }: Field): number | undefined {
    const named = names.indexOf(text.toLowerCase());
    if (named >= 0) return named + first;
    return /^\d+$/.test(text) ? Number(text) : undefined;
}
