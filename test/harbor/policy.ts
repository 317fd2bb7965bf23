import { flag, number, structure, text, type Fields } from "./bind.ts";
import { timestamp } from "./clock.ts";
import { Cron } from "./cron.ts";
import { internal, Refusal } from "./refusal.ts";
import { shownRegistry, type Registry } from "./registry.ts";
import type { Row } from "./table.ts";

/** A filter of a rule. */
export interface Filter {
    readonly type: string;
    readonly value: unknown;
    readonly decoration: string;
}

/** When a rule runs. */
export interface Trigger {
    readonly type: string;
    readonly cron: string;
}

/** A replication rule as Harbor stores it. One of the two registries is 0, the Harbor itself. */
export interface Policy extends Row {
    readonly name: string;
    readonly description: string;
    readonly source: number;
    readonly destination: number;
    readonly namespace: string;
    readonly replaceCount: number;
    readonly filters: readonly Filter[];
    readonly trigger: Trigger | undefined;
    readonly enabled: boolean;
    readonly override: boolean;
    readonly deletion: boolean;
    readonly speed: number;
    readonly byChunk: boolean;
    readonly singleActive: boolean;
    readonly created: number;
    readonly updated: number;
}

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** A rule as a body says it: what is absent is the default, in a change just as in a new rule. */
export function policyOf(fields: Fields): Omit<Policy, "id" | "created" | "updated"> {
    const side = (key: string): number => number(structure(fields, key) ?? {}, "id") ?? 0;
    const trigger = structure(fields, "trigger");
    const settings = structure(trigger ?? {}, "trigger_settings");
    const filters = (fields.filters ?? []) as Fields[];
    return {
        name: text(fields, "name") ?? "",
        description: text(fields, "description") ?? "",
        source: side("src_registry"),
        destination: side("dest_registry"),
        namespace: text(fields, "dest_namespace") ?? "",
        replaceCount: number(fields, "dest_namespace_replace_count") ?? -1,
        filters: filters.map((filter) => ({
            type: text(filter, "type") ?? "",
            value: filter.value,
            decoration: text(filter, "decoration") ?? "",
        })),
        trigger:
            trigger === undefined
                ? undefined
                : { type: text(trigger, "type") ?? "", cron: text(settings ?? {}, "cron") ?? "" },
        enabled: flag(fields, "enabled"),
        override: flag(fields, "override"),
        deletion: flag(fields, "deletion"),
        speed: Math.max(0, number(fields, "speed") ?? 0),
        byChunk: flag(fields, "copy_by_chunk"),
        singleActive: flag(fields, "single_active_replication"),
    };
}

/** Refuses what Harbor refuses of a rule, in its order and its words. Whether the registry exists is asked afterwards. */
export function checkPolicy(policy: Omit<Policy, "id" | "created" | "updated">): void {
    if (policy.name === "") throw new Refusal(400, "empty name");
    if ((policy.source === 0) === (policy.destination === 0)) {
        const sides = "either src_registry or dest_registry should be empty";
        throw new Refusal(400, `${sides} and the other one shouldn't be empty`);
    }
    policy.filters.forEach(checkFilter);
    if (policy.trigger !== undefined) checkTrigger(policy.trigger);
    if (policy.namespace !== "" && !policy.namespace.split("/").every((part) => component.test(part)))
        throw new Refusal(400, `invalid destination namespace: ${policy.namespace}`);
    if (policy.singleActive && policy.trigger?.type === "event_based")
        throw internal("a single run at a time cannot be had with events");
}

/** The fault that a value too wide for its column ends in. */
export function checkPolicyWidths(policy: Policy): void {
    const filters = JSON.stringify(policy.filters.map(shownFilter));
    if (policy.name.length > 256 || policy.namespace.length > 256 || filters.length > 1024)
        throw internal("a value is too wide for its column");
}

function checkFilter(filter: Filter): void {
    if (!["name", "tag", "label", "resource"].includes(filter.type)) throw new Refusal(400, "invalid filter type");
    if (filter.decoration !== "") {
        if (filter.type !== "tag" && filter.type !== "label")
            throw new Refusal(400, "only tag and label filter support decoration");
        if (!["matches", "excludes"].includes(filter.decoration))
            throw new Refusal(400, `invalid filter decoration, :${filter.decoration}`);
    }
    if (filter.type === "label") {
        const { value } = filter;
        if (!Array.isArray(value) || !value.every((label) => typeof label === "string"))
            throw new Refusal(400, "the type of label filter value isn't string slice");
        return;
    }
    if (typeof filter.value !== "string") throw new Refusal(400, "the type of filter value isn't string");
    if (filter.type === "resource" && !["image", "artifact"].includes(filter.value))
        throw new Refusal(400, `invalid resource filter: ${filter.value}`);
}

function checkTrigger(trigger: Trigger): void {
    const { type, cron } = trigger;
    if (!["manual", "scheduled", "event_based"].includes(type)) throw new Refusal(400, "invalid trigger type");
    if (type !== "scheduled") return;
    if (cron === "") throw new Refusal(400, "the cron string cannot be empty when the trigger type is scheduled");
    const [seconds, minutes] = cron.split(" ");
    const readable = Cron.parse(cron.replace(/^CRON_TZ=\S+ /, "")) !== undefined;
    if (!readable) throw new Refusal(400, `invalid cron string for scheduled trigger: ${cron}`);
    if (seconds !== "0")
        throw new Refusal(400, "the 1st field (indicating Seconds of time) of the cron setting must be 0");
    if (minutes === "*")
        throw new Refusal(400, "* is not allowed for the Minutes field of the cron setting of replication policy");
}

function shownFilter(filter: Filter): object {
    const { type, value, decoration } = filter;
    return { type, value, ...(decoration === "" ? {} : { decoration }) };
}

/** A rule as Harbor answers it, with both registries written out. */
export function shownPolicy(policy: Policy, registry: (id: number) => Registry): object {
    const { trigger } = policy;
    const settings = trigger === undefined || trigger.cron === "" ? {} : { trigger_settings: { cron: trigger.cron } };
    return {
        id: policy.id,
        name: policy.name,
        ...(policy.description === "" ? {} : { description: policy.description }),
        src_registry: shownRegistry(registry(policy.source)),
        dest_registry: shownRegistry(registry(policy.destination)),
        ...(policy.namespace === "" ? {} : { dest_namespace: policy.namespace }),
        dest_namespace_replace_count: policy.replaceCount,
        filters: policy.filters.length === 0 ? null : policy.filters.map(shownFilter),
        ...(trigger === undefined ? {} : { trigger: { type: trigger.type, ...settings } }),
        ...(policy.enabled ? { enabled: true } : {}),
        ...(policy.override ? { override: true } : {}),
        ...(policy.deletion ? { deletion: true, replicate_deletion: true } : {}),
        speed: policy.speed,
        copy_by_chunk: policy.byChunk,
        single_active_replication: policy.singleActive,
        creation_time: timestamp(policy.created),
        update_time: timestamp(policy.updated),
    };
}
