import { isRecord } from "../../settings/record.ts";
import { Refusal } from "../ca/refusal.ts";

/** What a policy says of a resource in a preview. */
export interface Violation {
    readonly policy: string;
    /** `mandatory` ends the preview, `advisory` does not. */
    readonly level: string;
    /** Logical name; empty where it is said of the stack as a whole. */
    readonly resource: string;
    readonly message: string;
}

const remedy = "it is made by: PULUMI_DEBUG_COMMANDS=1 npx pulumi preview --policy-pack policy --event-log FILE";

/**
 * Reads what `pulumi preview --event-log` wrote, an event a line: `preview --json` leaves policies out. Mandatory ones come first.
 * Throws a `Refusal` for anything else.
 */
export function readViolations(text: string): Violation[] {
    const events = text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map(eventOf);
    if (events.length === 0) throw new Refusal("--events: has no event", remedy);
    const found = events.flatMap(({ policyEvent }) => (isRecord(policyEvent) ? [violationOf(policyEvent)] : []));
    const [first, rest] = [
        found.filter(({ level }) => level === "mandatory"),
        found.filter(({ level }) => level !== "mandatory"),
    ];
    return [...first, ...rest];
}

function eventOf(line: string): Record<string, unknown> {
    try {
        const event: unknown = JSON.parse(line);
        if (isRecord(event)) return event;
    } catch {
        // It is told below.
    }
    throw new Refusal("--events: is no log of events", remedy);
}

function violationOf({ policyName, enforcementLevel, resourceUrn = "", message }: Record<string, unknown>): Violation {
    return {
        policy: String(policyName),
        // The engine's word for an advisory one that was violated.
        level: enforcementLevel === "warning" ? "advisory" : String(enforcementLevel),
        resource: String(resourceUrn).split("::").at(-1) ?? "",
        // Colours stand in it as marks of the engine's.
        message: String(message)
            .replace(/<\{%[^%]*%\}>/g, "")
            .trim(),
    };
}
