import { isDeepStrictEqual } from "node:util";

import { endpoints, projects, rules, type Item } from "../harbor/collection.ts";
import { schedule } from "../harbor/cron.ts";
import {
    fromHarbor,
    isLiteral,
    normalised,
    toHarbor,
    withLibrary,
    type Filter,
    type HarborFilter,
} from "../harbor/filters.ts";
import type { Harbor } from "../harbor/harbor.ts";
import { isHarbor } from "../harbor/harborError.ts";
import { checkedId, harborOf, makeNamed, named, nameTaken, removeNumbered, warnOfChange } from "../harbor/named.ts";
import { ruleMistakes } from "../harbor/ruleMistakes.ts";
import { stopRuns } from "../harbor/runs.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { textsMissing, type Failure, type Resource, type Session } from "../resource.ts";

/** What Harbor takes for what is not said. It is always said, since a PUT resets what it does not name. */
const defaults = {
    description: "",
    filters: [],
    destinationNamespace: "",
    // Harbor's own page asks for 1; its API would drop every level.
    replaceCount: 1,
    trigger: "manual",
    override: true,
    deletion: false,
    speed: 0,
    copyByChunk: false,
    singleActive: false,
    enabled: true,
};

/** A replication rule: what is copied between this Harbor and an endpoint, when, and to where. */
export const harborRule: Resource = {
    type: "siteregistry:index:HarborRule",
    secrets: [],
    identity: ["mode", "endpoint"],
    quiet: ["adopt"],
    unique: true,

    async check(given, before, session) {
        const harbor = session.harbor();
        const inputs: Properties = { ...defaults, ...given };
        if (inputs.speed === -1) inputs.speed = 0;
        if (before !== undefined && before.endpoint === inputs.endpoint) inputs.endpointType ??= before.endpointType;
        if (harbor !== undefined) inputs.endpointType ??= await typeOf(harbor, inputs.endpoint);
        const official = completeNames(inputs);
        const failures = [...textsMissing(inputs, ["name", "mode", "endpoint"]), ...ruleMistakes(inputs)];
        if (failures.length > 0) return { inputs, failures };
        if (typeof inputs.cron === "string" && !isUnknown(inputs.cron)) {
            const checked = schedule(inputs.cron);
            if ("cron" in checked) inputs.cron = checked.cron;
        }
        if (!isUnknown(inputs.filters)) inputs.filters = normalised(inputs.filters as Filter[]);
        const same = before !== undefined && isDeepStrictEqual(inputs, before);
        if (same || harbor === undefined) return { inputs };
        for (const [from, to] of official)
            session.warn(`${from} on Docker Hub is an official image: the rule asks for ${to}`);
        warnOfUseless(inputs, session);
        return { inputs, failures: await mistakesThere(harbor, inputs, before) };
    },

    async create(inputs, session) {
        const harbor = harborOf(session);
        const { name, adopt } = inputs as { name: string; adopt: unknown };
        const id = await explaining(() =>
            makeNamed(harbor, rules, { name, adopt }, bodyOf(inputs), async (found) => {
                await harbor.send("PUT", `${rules.path}/${found}`, bodyOf(inputs));
            }),
        );
        return { id, state: await keptAs(harbor, id, inputs, session) };
    },

    async read(id, state, session) {
        const item = (await harborOf(session).list(rules)).get(checkedId(id, rules));
        return item === undefined ? undefined : stateOf(item, state);
    },

    async update(_, inputs, session, id) {
        const harbor = harborOf(session);
        await explaining(() => harbor.send("PUT", `${rules.path}/${id}`, bodyOf(inputs)));
        return keptAs(harbor, id, inputs, session);
    },

    /** Harbor keeps a rule whose runs are not over, and notices up to half a minute late that they are. */
    async delete(_, session, id) {
        const harbor = harborOf(session);
        await stopRuns(harbor, id);
        const until = Date.now() + 90_000;
        for (;;) {
            try {
                await removeNumbered(harbor, rules, id);
                return;
            } catch (error) {
                if (!isHarbor(error, 412) || Date.now() > until) throw error;
                session.say("waiting for Harbor to see that its runs are over");
            }
            await stopRuns(harbor, id);
            await harbor.pause(harbor.patience.poll[0]);
        }
    },
};

/** Official images get their namespace. Returns what was completed, and to what. */
function completeNames(inputs: Properties): [string, string][] {
    const { endpointType, mode, filters } = inputs;
    if (endpointType !== "docker-hub" || mode !== "pull" || isUnknown(filters) || !Array.isArray(filters)) return [];
    const given = filters as Filter[];
    const complete = withLibrary(given);
    inputs.filters = complete;
    return complete.flatMap(({ value = "" }, index): [string, string][] => {
        const before = given[index]?.value ?? "";
        return value === before ? [] : [[before, value]];
    });
}

async function typeOf(harbor: Harbor, endpoint: unknown): Promise<unknown> {
    if (typeof endpoint !== "string" || isUnknown(endpoint)) return undefined;
    return (await harbor.list(endpoints)).get(endpoint)?.type;
}

function warnOfUseless({ filters, endpointType, mode }: Properties, session: Session): void {
    if (isUnknown(filters)) return;
    const given = filters as Filter[];
    if (given.some(({ type }) => type === "resource")) {
        session.warn("a filter of the type resource is kept by Harbor 2.15 but selects nothing");
    }
    const names = given.filter(({ type }) => type === "name");
    if (endpointType === "docker-hub" && mode === "pull" && names.every(({ value }) => value === "**")) {
        session.warn(
            "without a name, a rule on Docker Hub asks for every repository of the namespaces that its login owns, and for nothing without one",
        );
    }
}

/** What only Harbor itself knows to be wrong. */
async function mistakesThere(harbor: Harbor, inputs: Properties, before: Properties | undefined): Promise<Failure[]> {
    const { name, adopt, endpoint, singleActive, mode } = inputs;
    const failures: Failure[] = [];
    if (typeof name === "string" && !isUnknown(name) && before?.name !== name) {
        failures.push(...(await nameTaken(harbor, rules, name, before === undefined && adopt)));
    }
    if (typeof endpoint === "string" && !isUnknown(endpoint) && !(await harbor.list(endpoints)).has(endpoint)) {
        const reason = `is ${endpoint}, and this Harbor has no endpoint of that number`;
        failures.push({ property: "endpoint", reason });
    }
    if (singleActive === true && !(await harbor.isAtLeast(2, 14))) {
        const { harbor_version: version } = await harbor.info();
        failures.push({ property: "singleActive", reason: `needs Harbor 2.14, and this one is ${version}` });
    }
    const project = mode === "pull" ? projectOf(inputs) : undefined;
    if (project !== undefined) {
        const found = await named(harbor, projects, project).catch((error: unknown) => {
            // Who may not list projects is not kept from replicating.
            if (isHarbor(error, 401, 403)) return undefined;
            throw error;
        });
        if (typeof found?.registry_id === "number" && found.registry_id !== 0) {
            const reason = `leads to ${project}, which is a proxy cache: Harbor would copy nothing and call it a success`;
            failures.push({ property: "destinationNamespace", reason });
        }
    }
    return failures;
}

/** The project that a rule copies to, where all it copies goes to one. */
function projectOf({ destinationNamespace, filters }: Properties): string | undefined {
    if (isUnknown(destinationNamespace) || isUnknown(filters)) return undefined;
    if (destinationNamespace !== "") return (destinationNamespace as string).split("/")[0];
    const name = (filters as Filter[]).find(({ type }) => type === "name")?.value?.split("/")[0];
    return name !== undefined && isLiteral(name) ? name : undefined;
}

function bodyOf(inputs: Properties): Properties {
    const side = { id: Number(inputs.endpoint) };
    const settings = inputs.cron === undefined ? {} : { trigger_settings: { cron: inputs.cron } };
    return {
        name: inputs.name,
        description: inputs.description,
        ...(inputs.mode === "pull" ? { src_registry: side } : { dest_registry: side }),
        dest_namespace: inputs.destinationNamespace,
        dest_namespace_replace_count: inputs.replaceCount,
        filters: toHarbor(inputs.filters as Filter[]),
        trigger: { type: inputs.trigger, ...settings },
        override: inputs.override,
        // `replicate_deletion` is what Harbor's document names, and what no Harbor reads.
        deletion: inputs.deletion,
        speed: inputs.speed,
        copy_by_chunk: inputs.copyByChunk,
        single_active_replication: inputs.singleActive,
        enabled: inputs.enabled,
    };
}

/** What Harbor shows: it leaves out what is false or empty, and names both sides, its own with the number 0. */
function stateOf(item: Item, known: Properties): Properties {
    const [source, target] = [item.src_registry, item.dest_registry] as ({ id?: number; type?: string } | undefined)[];
    const pulls = (source?.id ?? 0) !== 0;
    const remote = pulls ? source : target;
    const trigger = (item.trigger ?? {}) as { type?: string; trigger_settings?: { cron?: string } };
    const cron = trigger.type === "scheduled" ? trigger.trigger_settings?.cron : undefined;
    return {
        name: item.name,
        description: item.description ?? "",
        mode: pulls ? "pull" : "push",
        endpoint: String(remote?.id ?? 0),
        endpointType: remote?.type ?? known.endpointType,
        filters: fromHarbor(item.filters as HarborFilter[] | null),
        destinationNamespace: item.dest_namespace ?? "",
        replaceCount: item.dest_namespace_replace_count ?? -1,
        trigger: trigger.type === undefined || trigger.type === "" ? "manual" : trigger.type,
        ...(cron === undefined || cron === "" ? {} : { cron }),
        override: item.override ?? false,
        deletion: item.deletion ?? false,
        speed: item.speed ?? 0,
        copyByChunk: item.copy_by_chunk ?? false,
        singleActive: item.single_active_replication ?? false,
        enabled: item.enabled ?? false,
        ...(known.adopt === undefined ? {} : { adopt: known.adopt }),
    };
}

async function keptAs(harbor: Harbor, id: string, inputs: Properties, session: Session): Promise<Properties> {
    const kept = stateOf((await harbor.reread(rules, id)) ?? {}, inputs);
    warnOfChange(inputs, kept, session, "rule");
    return kept;
}

async function explaining<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
        return await work();
    } catch (error) {
        if (!isHarbor(error, 403) || /read only/.test(error.message)) throw error;
        throw new Error(
            `${error.message}: the login lacks a permission of replication-policy; a robot needs create, read, update, delete and list`,
            { cause: error },
        );
    }
}
