/** A resource as the policies see it: with what is not known yet as the SDK's sentinels, which no rule takes for a value. */
export interface Subject {
    /** Type token, such as `kubernetes:core/v1:Secret`. */
    readonly type: string;
    /** Logical name. */
    readonly name: string;
    readonly props: Record<string, unknown>;
    /** URN of the component that it is a part of, where the engine tells it. */
    readonly parent?: string | undefined;
}

/** Names that are excepted, and numbers, by name of the setting. */
export type RuleConfig = Readonly<Record<string, unknown>>;

/** One policy. */
export interface Rule {
    /** What people call it: in the words of a violation, and as the key of a stack's policy configuration. */
    readonly id: string;
    /** `mandatory` stops preview and update, `advisory` only tells. A stack may change it. */
    readonly level: "mandatory" | "advisory";
    /** What no stack may contain, in a sentence. */
    readonly description: string;
    /** Why not. */
    readonly reason: string;
    /** What to do about it. */
    readonly remedy: string;
    /** Settings of it, each with its default. */
    readonly settings: Readonly<Record<string, Setting>>;
    /** What is wrong with one resource, before it is made. */
    readonly check?: (subject: Subject, config: RuleConfig) => string[];
    /** What is wrong with several of them together. It is asked once all are registered. */
    readonly checkAll?: (subjects: readonly Subject[], config: RuleConfig) => string[];
}

/** A setting of a rule, as JSON schema says it. */
export type Setting =
    | { readonly type: "array"; readonly items: { readonly type: "string" }; readonly default: string[] }
    | { readonly type: "integer"; readonly minimum: number; readonly default: number };

/** Names that a rule lets pass. */
export function names(...defaults: string[]): Setting {
    return { type: "array", items: { type: "string" }, default: defaults };
}

/** The configuration that a rule has where a stack says nothing. */
export function defaultsOf({ settings }: Rule): RuleConfig {
    return Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, setting.default]));
}

/** Whether a setting that holds names has that one. */
export function excepted(config: RuleConfig, key: string, name: string): boolean {
    const given = config[key];
    return Array.isArray(given) && given.includes(name);
}

/** A violation in words. */
export function wordsOf({ reason, remedy }: Rule, subject: string, problem: string): string {
    return `${subject}: ${problem}. Why: ${reason}. Remedy: ${remedy}.`;
}
