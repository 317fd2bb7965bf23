/** The fields of a schedule, in order: their least and greatest values, and the names that stand for numbers. */
const fields = [
    { least: 0, most: 59, names: [] },
    { least: 0, most: 59, names: [] },
    { least: 0, most: 23, names: [] },
    { least: 1, most: 31, names: [] },
    {
        least: 1,
        most: 12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    { least: 0, most: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

/** A schedule of six fields, seconds first, in UTC. */
export class Cron {
    private readonly allowed: readonly ReadonlySet<number>[];
    private readonly anyDay: boolean;

    private constructor(allowed: readonly ReadonlySet<number>[], anyDay: boolean) {
        this.allowed = allowed;
        this.anyDay = anyDay;
    }

    /** Reads a schedule; nothing if it is none. There are no words such as `@daily`, and no `L`. */
    static parse(text: string): Cron | undefined {
        const parts = text.trim().split(/\s+/);
        if (parts.length !== fields.length) return undefined;
        const allowed = parts.map((part, index) => numbers(part, index));
        if (!allowed.every((set) => set !== undefined)) return undefined;
        // As in every cron: when both the day of the month and the day of the week are named, either will do.
        const anyDay = [parts[3], parts[5]].some((part) => /^[*?]/.test(part ?? ""));
        return new Cron(allowed, anyDay);
    }

    /** The next time after the given one, in milliseconds; nothing if there is none within five years. */
    next(after: number): number | undefined {
        const time = new Date((Math.floor(after / 1000) + 1) * 1000);
        const end = after + 5 * 366 * 24 * 3_600_000;
        while (time.getTime() < end) {
            if (!this.has(4, time.getUTCMonth() + 1)) startOfDay(time, time.getUTCMonth() + 1, 1);
            else if (!this.day(time)) startOfDay(time, time.getUTCMonth(), time.getUTCDate() + 1);
            else if (!this.has(2, time.getUTCHours())) time.setUTCHours(time.getUTCHours() + 1, 0, 0);
            else if (!this.has(1, time.getUTCMinutes())) time.setUTCMinutes(time.getUTCMinutes() + 1, 0);
            else if (!this.has(0, time.getUTCSeconds())) time.setUTCSeconds(time.getUTCSeconds() + 1);
            else return time.getTime();
        }
        return undefined;
    }

    private day(time: Date): boolean {
        const [date, weekday] = [this.has(3, time.getUTCDate()), this.has(5, time.getUTCDay())];
        return this.anyDay ? date && weekday : date || weekday;
    }

    private has(field: number, value: number): boolean {
        return this.allowed[field]?.has(value) ?? false;
    }
}

function startOfDay(time: Date, month: number, day: number): void {
    time.setUTCMonth(month, day);
    time.setUTCHours(0, 0, 0);
}

/** The values that one field allows; nothing if it cannot be read. */
function numbers(text: string, index: number): Set<number> | undefined {
    const field = fields[index];
    if (field === undefined) return undefined;
    const result = new Set<number>();
    for (const part of text.split(",")) {
        const match = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(part);
        if (match === null) return undefined;
        const [, first = "", last, step] = match;
        const every = first === "*" || first === "?";
        if (every && last !== undefined) return undefined;
        const from = every ? field.least : value(first, field);
        const open = step === undefined ? from : field.most;
        const to = every ? field.most : last === undefined ? open : value(last, field);
        if (from === undefined || to === undefined || from > to || step === "0") return undefined;
        for (let number = from; number <= to; number += Number(step ?? 1)) result.add(number);
    }
    return result;
}

function value(text: string, field: (typeof fields)[number]): number | undefined {
    const named = (field.names as readonly string[]).indexOf(text.toLowerCase());
    const number = named >= 0 ? named + field.least : /^\d+$/.test(text) ? Number(text) : NaN;
    return number >= field.least && number <= field.most ? number : undefined;
}
