import { isUnknown, type Properties } from "../properties.ts";
import type { Failure } from "../resource.ts";
import { schedule } from "./cron.ts";
import { filterFailures, isLiteral, type Filter } from "./filters.ts";

/** A path of a repository, as Harbor's registry names it (distribution/reference). */
const part = "[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*";
const namespace = new RegExp(`^${part}(?:/${part})*$`);
/** In units of 128 bytes it still fits 32 bits. */
const fastest = 16_777_215;

/** What Harbor would refuse, take and never act on, or change, in a rule as the program gives it. */
export function ruleMistakes(rule: Properties): Failure[] {
    if (isUnknown(rule)) {
        // What is not known yet is checked when it is.
        const known = Object.fromEntries(Object.entries(rule).filter(([, value]) => !isUnknown(value)));
        return "mode" in known ? ruleMistakes(known) : [];
    }
    return [...shapeMistakes(rule), ...triggerMistakes(rule), ...destinationMistakes(rule), ...sourceMistakes(rule)];
}

function shapeMistakes({ name, mode, speed, description }: Properties): Failure[] {
    const failures: Failure[] = [];
    if (typeof name === "string" && name.length > 256) {
        failures.push({ property: "name", reason: "is too long: at most 256 characters are allowed" });
    }
    if (mode !== "pull" && mode !== "push") {
        failures.push({ property: "mode", reason: "allowed are pull (from the endpoint) and push (to it)" });
    }
    if (description !== undefined && typeof description !== "string") {
        failures.push({ property: "description", reason: "must be a text" });
    }
    if (speed !== undefined && !(Number.isInteger(speed) && (speed as number) >= 0 && (speed as number) <= fastest)) {
        const reason = `is ${JSON.stringify(speed)}; allowed are whole Kbit/s from 0, which means no limit, to ${fastest.toString()}`;
        failures.push({ property: "speed", reason });
    }
    return failures;
}

function triggerMistakes({ mode, trigger, cron, deletion, singleActive, endpointType }: Properties): Failure[] {
    const failures: Failure[] = [];
    const refuse = (property: string, reason: string): void => {
        failures.push({ property, reason });
    };
    if (!["manual", "scheduled", "event_based"].includes(String(trigger))) {
        refuse("trigger", "allowed are manual, scheduled, event_based");
    }
    if (trigger === "scheduled") {
        if (typeof cron !== "string" || cron === "") refuse("cron", "is missing: a scheduled rule needs one");
        else {
            const checked = schedule(cron);
            if ("reason" in checked) refuse("cron", checked.reason);
        }
    } else if (cron !== undefined) refuse("cron", "is for scheduled rules alone: set trigger to scheduled");
    if (trigger === "event_based" && mode === "pull") {
        refuse(
            "trigger",
            "event_based is for rules that push: Harbor hears of no event elsewhere, and the rule would never run",
        );
    }
    if (trigger === "event_based" && singleActive === true) {
        refuse("singleActive", "cannot go with event_based: each event is a run");
    }
    if (deletion === true && !(mode === "push" && trigger === "event_based")) {
        refuse("deletion", "works for rules alone that push on event_based; Harbor would never delete anything");
    }
    if (deletion === true && endpointType === "docker-registry") {
        refuse("deletion", "does not work to a docker-registry, which cannot delete tags");
    }
    return failures;
}

function destinationMistakes({ destinationNamespace, replaceCount }: Properties): Failure[] {
    const failures: Failure[] = [];
    if (typeof destinationNamespace === "string" && destinationNamespace !== "") {
        if (destinationNamespace.length > 256) {
            failures.push({
                property: "destinationNamespace",
                reason: "is too long: at most 256 characters are allowed",
            });
        } else if (!namespace.test(destinationNamespace)) {
            const reason = "allowed are lower-case letters, digits, '.', '_' and '-' between single slashes";
            failures.push({ property: "destinationNamespace", reason });
        }
    }
    const count = replaceCount as number;
    if (replaceCount !== undefined && !(Number.isInteger(count) && count >= -1 && count <= 127)) {
        const reason = "allowed are -1, which drops every level before the last, and 0 to 127";
        failures.push({ property: "replaceCount", reason });
    }
    return failures;
}

function sourceMistakes(rule: Properties): Failure[] {
    const { mode, endpointType, destinationNamespace, replaceCount } = rule;
    const filters = (rule.filters ?? []) as Filter[];
    const failures = filterFailures(filters);
    if (failures.length > 0) return failures;
    const names = filters.flatMap(({ type, value }) => (type === "name" && value !== undefined ? [value] : []));
    const bare = names.find((name) => isLiteral(name) && !name.includes("/"));
    if (mode === "pull" && bare !== undefined && (destinationNamespace ?? "") === "") {
        const reason = `is missing: ${bare} has no namespace that could be the project's`;
        failures.push({ property: "destinationNamespace", reason });
    }
    const short = names.find((name) => isLiteral(name) && name.split("/").length - 1 < Number(replaceCount ?? 0));
    if (short !== undefined && (destinationNamespace ?? "") !== "") {
        const reason = `is ${String(replaceCount)}, but ${short} has fewer levels before its last: the run would fail as a whole`;
        failures.push({ property: "replaceCount", reason });
    }
    const labels = filters.findIndex(({ type }) => type === "label");
    if (labels >= 0 && mode === "pull" && endpointType !== undefined && endpointType !== "harbor") {
        const reason = `labels are known to Harbor alone, so nothing at this ${JSON.stringify(endpointType)} would ever match`;
        failures.push({ property: `filters[${labels.toString()}].type`, reason });
    }
    return failures;
}
