import { isQuay } from "../quay/quay.ts";
import { missing, quayOf, step } from "../quay/session.ts";
import type { Resource } from "../resource.ts";
import type { Properties } from "../properties.ts";

/** An organisation of a Quay. */
export const quayOrganization: Resource = {
    type: "siteregistry:index:QuayOrganization",
    secrets: ["password"],
    identity: ["name"],

    check: (inputs) => Promise.resolve({ inputs, failures: missing(inputs, ["name"]) }),

    async create(inputs, session) {
        const quay = quayOf(inputs, session);
        const { name, email } = inputs;
        const found = await quay.find(path(name));
        if (found === undefined) {
            try {
                await quay.send("POST", "/organization/", { name, ...(email === undefined ? {} : { email }) });
            } catch (error) {
                if (isQuay(error, 400))
                    throw new Error(`the organisation ${String(name)}: ${error.reason}`, { cause: error });
                throw error;
            }
        } else await keepEmail(found as Properties, inputs, session);
        return { id: String(name), state: inputs };
    },

    async update(_, inputs, session) {
        await keepEmail((await quayOf(inputs, session).find(path(inputs.name))) as Properties, inputs, session);
        return inputs;
    },

    async read(id, state, session) {
        if (Object.keys(state).length === 0)
            throw new Error(`${id} cannot be imported: one that is there is taken over by up`);
        return (await quayOf(state, session).find(path(state.name))) === undefined ? undefined : state;
    },

    async delete(state, session) {
        const quay = quayOf(state, session);
        const listed = await quay.find(`/repository?namespace=${step(state.name)}`);
        const { repositories = [] } = (listed ?? {}) as { repositories?: unknown[] };
        if (repositories.length > 0) {
            session.warn(
                `the organisation ${String(state.name)} stays: it has ${repositories.length.toString()} repositories`,
            );
            return;
        }
        if ((await quay.find(path(state.name))) !== undefined) await quay.send("DELETE", path(state.name));
    },
};

function path(name: unknown): string {
    return `/organization/${step(name)}`;
}

async function keepEmail(found: Properties, inputs: Properties, session: Parameters<typeof quayOf>[1]): Promise<void> {
    const { name, email } = inputs;
    if (email === undefined || found.email === email) return;
    await quayOf(inputs, session).send("PUT", path(name), { email });
}
