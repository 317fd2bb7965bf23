import { missing, quayOf, step } from "../quay/session.ts";
import type { Properties } from "../properties.ts";
import type { Resource, Session } from "../resource.ts";

const roles = ["member", "creator", "admin"];

/** A team of an organisation. */
export const quayTeam: Resource = {
    type: "siteregistry:index:QuayTeam",
    secrets: ["password"],
    identity: ["organization", "name"],

    check: (inputs) => {
        const failures = missing(inputs, ["organization", "name", "role"]);
        if (typeof inputs.role === "string" && !roles.includes(inputs.role))
            failures.push({ property: "role", reason: `allowed are ${roles.join(", ")}` });
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        return { id: `${String(inputs.organization)}/${String(inputs.name)}`, state: await put(inputs, session) };
    },

    update: (_, inputs, session) => put(inputs, session),

    async read(id, state, session) {
        if (Object.keys(state).length === 0)
            throw new Error(`${id} cannot be imported: one that is there is taken over by up`);
        const found = await quayOf(state, session).find(`/organization/${step(state.organization)}`);
        const { teams = {} } = (found ?? {}) as { teams?: Record<string, { role: string }> };
        const team = teams[String(state.name)];
        return team === undefined ? undefined : { ...state, role: team.role };
    },

    async delete(state, session) {
        const quay = quayOf(state, session);
        if ((await this.read("", state, session)) !== undefined) await quay.send("DELETE", path(state));
    },
};

function path({ organization, name }: Properties): string {
    return `/organization/${step(organization)}/team/${step(name)}`;
}

async function put(inputs: Properties, session: Session): Promise<Properties> {
    await quayOf(inputs, session).send("PUT", path(inputs), { role: inputs.role, description: "" });
    return inputs;
}
