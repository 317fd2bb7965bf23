import { isRecord } from "../settings/record.ts";
import { defaultsOf, wordsOf, type Rule, type RuleConfig, type Subject } from "./rule.ts";
import { rules } from "./rules.ts";

/** A rule that a stack violates. */
export interface Violation {
    readonly id: string;
    readonly mandatory: boolean;
    /** Subject, problem, reason and remedy. */
    readonly words: string;
}

const levels = ["mandatory", "advisory", "disabled"];

/**
 * What a stack violates, judged from what it registers. `given` is its policy configuration: by id of a policy a level, or its
 * settings and `enforcementLevel`, as the engine's --policy-pack-config takes it.
 */
export function judge(subjects: readonly Subject[], given: Readonly<Record<string, unknown>>): Violation[] {
    return rules.flatMap((rule) => {
        const alone = configured(rule, given[rule.id] ?? given.all);
        const together = configured(rule, given[`${rule.id}-together`] ?? given.all);
        const single = subjects.flatMap((subject) =>
            (rule.check?.(subject, alone.config) ?? []).map((problem) => wordsOf(rule, subject.name, problem)),
        );
        const all = (rule.checkAll?.(subjects, together.config) ?? []).map((problem) =>
            wordsOf(rule, "stack", problem),
        );
        return [...violations(rule.id, alone.level, single), ...violations(rule.id, together.level, all)];
    });
}

function violations(id: string, level: unknown, said: readonly string[]): Violation[] {
    if (level === "disabled") return [];
    return said.map((words) => ({ id, mandatory: level === "mandatory", words }));
}

/** Every mistake in a policy configuration. The engine itself takes a misspelt setting without a word. */
export function configMistakes(given: unknown): string[] {
    if (!isRecord(given)) return ["must map ids of policies to their settings"];
    const known = rules.flatMap(({ id, checkAll, check }) => [
        ...(check === undefined ? [] : [id]),
        ...(checkAll === undefined ? [] : [`${id}-together`]),
    ]);
    return Object.entries(given).flatMap(([id, config]) => {
        if (id !== "all" && !known.includes(id)) return [`${id}: no such policy; known are ${known.join(", ")}`];
        const rule = rules.find((one) => one.id === id.replace(/-together$/, ""));
        return settingMistakes(id, rule, isRecord(config) ? config : { enforcementLevel: config });
    });
}

function settingMistakes(id: string, rule: Rule | undefined, config: Record<string, unknown>): string[] {
    const settings = rule?.settings ?? {};
    const allowed = ["enforcementLevel", ...Object.keys(settings)];
    return Object.entries(config).flatMap(([key, value]) => {
        const shown = `${id}.${key}: is ${JSON.stringify(value)}`;
        if (key === "enforcementLevel")
            return levels.includes(String(value)) ? [] : [`${shown}; allowed are ${levels.join(", ")}`];
        const setting = settings[key];
        if (setting === undefined) return [`${id}.${key}: no such setting; known are ${allowed.join(", ")}`];
        if (setting.type === "integer") {
            const fits = Number.isInteger(value) && Number(value) >= setting.minimum;
            return fits ? [] : [`${shown}; allowed is a whole number from ${setting.minimum.toString()}`];
        }
        const fits = Array.isArray(value) && value.every((one) => typeof one === "string");
        return fits ? [] : [`${shown}; allowed is a list of texts`];
    });
}

function configured(rule: Rule, given: unknown): { level: unknown; config: RuleConfig } {
    const { enforcementLevel: level, ...settings } = isRecord(given) ? given : { enforcementLevel: given };
    return { level: level ?? rule.level, config: { ...defaultsOf(rule), ...settings } };
}
