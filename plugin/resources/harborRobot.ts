import { robots, type Item } from "../harbor/collection.ts";
import type { Harbor } from "../harbor/harbor.ts";
import { HarborError, isHarbor, Unanswered } from "../harbor/harborError.ts";
import { checkedId, harborOf, removeNumbered } from "../harbor/named.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { textsMissing, type Failure, type Resource } from "../resource.ts";

/** What a robot may do in one place. */
interface Permission {
    /** `system` or `project`. */
    kind: string;
    /** `/`, or a project's name; `*` is every project. */
    namespace: string;
    access: { resource: string; action: string }[];
}

/** What Harbor puts before a robot's name unless it was told otherwise. */
const usualPrefix = "robot$";

/** A login for machines, with nothing allowed but what is listed. Its secret is Harbor's own making. */
export const harborRobot: Resource = {
    type: "siteregistry:index:HarborRobot",
    secrets: ["secret"],
    identity: ["name"],
    outputs: ["login", "secret"],
    quiet: ["adopt"],
    unique: true,

    async check(given, before, session) {
        const inputs: Properties = { description: "", durationDays: -1, disabled: false, generation: 1, ...given };
        const failures = [...textsMissing(inputs, ["name"]), ...mistakesOf(inputs)];
        if (!isUnknown(inputs.permissions) && Array.isArray(inputs.permissions)) {
            inputs.permissions = sorted(inputs.permissions as Permission[]);
        }
        const harbor = session.harbor();
        if (failures.length > 0 || harbor === undefined || before !== undefined || isUnknown(inputs.name)) {
            return { inputs, failures };
        }
        const found = await robotOf(harbor, String(inputs.name));
        if (found !== undefined && inputs.adopt !== true) {
            const reason = `is the name of another robot of this Harbor (its id is ${String(found.id)}): take another name, or set adopt to true, which gives it a new secret`;
            failures.push({ property: "name", reason });
        }
        return { inputs, failures };
    },

    async create(inputs, session) {
        const harbor = harborOf(session);
        const name = inputs.name as string;
        const found = inputs.adopt === true ? await robotOf(harbor, name) : undefined;
        if (found !== undefined) return takenOver(harbor, found, inputs);
        let answer;
        try {
            answer = await harbor.send("POST", robots.path, { name, level: "system", ...bodyOf(inputs) });
        } catch (error) {
            // Nobody has its secret then, so it gets a new one.
            harbor.forget(robots);
            const made = error instanceof Unanswered ? await robotOf(harbor, name) : undefined;
            if (made === undefined) throw explained(error);
            return takenOver(harbor, made, inputs);
        }
        const made = JSON.parse(answer.text) as { id: number; name: string; secret: string };
        await harbor.reread(robots, made.id.toString());
        return { id: made.id.toString(), state: { ...inputs, login: made.name, secret: made.secret } };
    },

    async read(id, state, session) {
        const item = (await harborOf(session).list(robots)).get(checkedId(id, robots));
        return item === undefined ? undefined : stateOf(item, state);
    },

    async update(before, inputs, session, id) {
        const harbor = harborOf(session);
        await put(harbor, id, String(before.login), inputs);
        const secret = before.generation === inputs.generation ? before.secret : await newSecret(harbor, id);
        await harbor.reread(robots, id);
        return { ...inputs, login: before.login, secret };
    },

    delete: (_, session, id) => removeNumbered(harborOf(session), robots, id),
};

function mistakesOf({ name, durationDays, permissions }: Properties): Failure[] {
    const failures: Failure[] = [];
    if (typeof name === "string" && !isUnknown(name) && name !== "" && !/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)) {
        const reason =
            "allowed are lower-case letters and digits, with single '.', '_' and '-' between; Harbor adds its prefix itself";
        failures.push({ property: "name", reason });
    }
    if (
        !isUnknown(durationDays) &&
        !(Number.isInteger(durationDays) && (durationDays === -1 || (durationDays as number) > 0))
    ) {
        failures.push({
            property: "durationDays",
            reason: "allowed are -1, which means for ever, and whole days from 1",
        });
    }
    if (isUnknown(permissions)) return failures;
    if (!Array.isArray(permissions) || permissions.length === 0) {
        return [...failures, { property: "permissions", reason: "is empty: Harbor wants at least one" }];
    }
    for (const [index, one] of (permissions as Partial<Permission>[]).entries()) {
        const property = `permissions[${index.toString()}]`;
        if (one.kind !== "system" && one.kind !== "project") {
            failures.push({ property: `${property}.kind`, reason: "allowed are system, project" });
        } else if ((one.kind === "system") !== (one.namespace === "/")) {
            failures.push({
                property: `${property}.namespace`,
                reason: "must be / for system, and a project's name for project",
            });
        }
        if (!Array.isArray(one.access) || one.access.length === 0) {
            failures.push({
                property: `${property}.access`,
                reason: "is empty: name at least one resource and action",
            });
        }
    }
    return failures;
}

async function robotOf(harbor: Harbor, name: string): Promise<Item | undefined> {
    const listed = await harbor.list(robots);
    return [...listed.values()].find((item) => item.name === `${usualPrefix}${name}` || isNamed(item, name));
}

/** Some sites have another prefix, which only administrators may ask for; it always ends in something that no name has. */
function isNamed(item: Item, name: string): boolean {
    const full = String(item.name);
    const prefix = full.slice(0, -name.length);
    return full.endsWith(name) && prefix !== "" && !prefix.includes("+") && /[^a-z0-9._-]$/.test(prefix);
}

async function takenOver(harbor: Harbor, found: Item, inputs: Properties): Promise<{ id: string; state: Properties }> {
    const id = String(found.id);
    const login = String(found.name);
    await put(harbor, id, login, inputs);
    const secret = await newSecret(harbor, id);
    await harbor.reread(robots, id);
    return { id, state: { ...inputs, login, secret } };
}

/** A PUT wants the whole name and the level again. */
async function put(harbor: Harbor, id: string, login: string, inputs: Properties): Promise<void> {
    try {
        await harbor.send("PUT", `${robots.path}/${id}`, {
            id: Number(id),
            name: login,
            level: "system",
            ...bodyOf(inputs),
        });
    } catch (error) {
        throw explained(error);
    }
}

async function newSecret(harbor: Harbor, id: string): Promise<string> {
    const { text } = await harbor.send("PATCH", `${robots.path}/${id}`, { secret: "" });
    return (JSON.parse(text) as { secret: string }).secret;
}

function bodyOf(inputs: Properties): Properties {
    const { description, durationDays, disabled, permissions } = inputs;
    return { description, duration: durationDays, disable: disabled, permissions };
}

function stateOf(item: Item, known: Properties): Properties {
    const login = String(item.name);
    return {
        name: typeof known.name === "string" && login.endsWith(known.name) ? known.name : login.replace(/^.*[$]/, ""),
        description: item.description ?? "",
        durationDays: item.duration ?? -1,
        disabled: item.disable ?? false,
        // Of one that was imported nobody knows the secret, so the next update gives it one.
        generation: known.secret === undefined ? 0 : (known.generation ?? 1),
        permissions: sorted((item.permissions ?? []) as Permission[]),
        login,
        ...(known.secret === undefined ? {} : { secret: known.secret }),
        ...(known.adopt === undefined ? {} : { adopt: known.adopt }),
    };
}

/** In one order, since Harbor keeps none. */
function sorted(permissions: readonly Permission[]): Permission[] {
    const keyOf = ({ resource, action }: { resource: string; action: string }): string => `${resource} ${action}`;
    return permissions
        .map(({ kind, namespace, access }) => ({
            kind,
            namespace,
            access: (Array.isArray(access) ? access : [])
                .map(({ resource, action }) => ({ resource, action }))
                .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
        }))
        .sort((a, b) => (`${a.kind} ${a.namespace}` < `${b.kind} ${b.namespace}` ? -1 : 1));
}

function explained(error: unknown): Error {
    if (isHarbor(error, 409))
        return new Error(`name: another robot has it already; ${error.message}`, { cause: error });
    if (error instanceof HarborError && /bad request permission/.test(error.reason)) {
        return new Error(`permissions: this Harbor does not grant one of them; ${error.message}`, { cause: error });
    }
    return error as Error;
}
