import { isQuay, type Quay } from "../quay/quay.ts";
import { missing, quayOf, step } from "../quay/session.ts";
import type { Properties } from "../properties.ts";
import type { Resource, Session } from "../resource.ts";

interface Prototype {
    id: string;
    role: string;
    activating_user?: unknown;
    delegate: { name: string; kind: string };
}

const roles = ["read", "write", "admin"];

/** A robot of an organisation, and what it may do by default. */
export const quayRobot: Resource = {
    type: "siteregistry:index:QuayRobot",
    secrets: ["password", "token"],
    identity: ["organization", "name"],
    outputs: ["login", "token"],

    check: (given) => {
        const inputs = { description: "", ...given };
        const failures = missing(inputs, ["organization", "name"]);
        const { defaultRole: role } = given;
        if (typeof role === "string" && !roles.includes(role))
            failures.push({ property: "defaultRole", reason: `allowed are ${roles.join(", ")}` });
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        return { id: loginOf(inputs), state: await keep(inputs, session) };
    },

    update: (_, inputs, session) => keep(inputs, session),

    async read(id, state, session) {
        if (Object.keys(state).length === 0)
            throw new Error(`${id} cannot be imported: one that is there is taken over by up`);
        const quay = quayOf(state, session);
        const found = await robotOf(quay, state);
        if (found === undefined) return undefined;
        const role = (await prototypeOf(quay, state))?.role;
        const rest = Object.entries(state).filter(([key]) => key !== "defaultRole");
        return {
            ...Object.fromEntries(rest),
            token: found.token,
            description: found.description ?? "",
            ...(role === undefined ? {} : { defaultRole: role }),
        };
    },

    async delete(state, session) {
        const quay = quayOf(state, session);
        const prototype = await prototypeOf(quay, state);
        if (prototype !== undefined) await quay.send("DELETE", `${prototypes(state)}/${step(prototype.id)}`);
        if ((await robotOf(quay, state)) !== undefined) await quay.send("DELETE", path(state));
    },
};

function loginOf({ organization, name }: Properties): string {
    return `${String(organization)}+${String(name)}`;
}

function path({ organization, name }: Properties): string {
    return `/organization/${step(organization)}/robots/${step(name)}`;
}

function prototypes({ organization }: Properties): string {
    return `/organization/${step(organization)}/prototypes`;
}

/** Quay answers 400 where there is no robot of that name. */
async function robotOf(quay: Quay, state: Properties): Promise<{ token: string; description?: string } | undefined> {
    try {
        return (await quay.find(path(state))) as { token: string; description?: string } | undefined;
    } catch (error) {
        if (isQuay(error, 400) && /could not find robot/i.test(error.reason)) return undefined;
        throw error;
    }
}

async function prototypeOf(quay: Quay, state: Properties): Promise<Prototype | undefined> {
    const listed = (await quay.find(prototypes(state))) as { prototypes?: Prototype[] } | undefined;
    return listed?.prototypes?.find(
        ({ delegate, activating_user: by }) => delegate.name === loginOf(state) && (by === undefined || by === null),
    );
}

/** A robot that is there keeps its token: pods log in with it. */
async function keep(inputs: Properties, session: Session): Promise<Properties> {
    const quay = quayOf(inputs, session);
    const { description, defaultRole } = inputs;
    const found = await robotOf(quay, inputs);
    const robot = (found ?? (await quay.send("PUT", path(inputs), { description }))) as { token: string };
    const prototype = await prototypeOf(quay, inputs);
    if (prototype === undefined && defaultRole !== undefined) {
        await quay.send("POST", prototypes(inputs), {
            role: defaultRole,
            delegate: { name: loginOf(inputs), kind: "user", is_robot: true },
        });
    } else if (prototype !== undefined && prototype.role !== defaultRole) {
        const at = `${prototypes(inputs)}/${step(prototype.id)}`;
        if (defaultRole === undefined) await quay.send("DELETE", at);
        else await quay.send("PUT", at, { id: prototype.id, role: defaultRole });
    }
    return { ...inputs, login: loginOf(inputs), token: robot.token };
}
