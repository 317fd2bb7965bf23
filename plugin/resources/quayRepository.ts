import type { Quay } from "../quay/quay.ts";
import { missing, quayOf, step } from "../quay/session.ts";
import type { Properties } from "../properties.ts";
import type { Failure, Resource, Session } from "../resource.ts";

/** Who may do what with a repository. */
interface Permission {
    readonly kind: string;
    readonly name: string;
    readonly role: string;
}

interface Found {
    is_public: boolean;
    description?: string | null;
    tags?: Record<string, unknown>;
}

/** A repository, and who may do what with it. */
export const quayRepository: Resource = {
    type: "siteregistry:index:QuayRepository",
    secrets: ["password"],
    identity: ["organization", "name"],

    check: (given) => {
        const inputs = { visibility: "private", description: "", permissions: [], ...given };
        return Promise.resolve({
            inputs,
            failures: [...missing(inputs, ["organization", "name"]), ...mistakes(inputs)],
        });
    },

    async create(inputs, session) {
        return { id: fullName(inputs), state: await keep(inputs, session) };
    },

    update: (before, inputs, session) => keep(inputs, session, before.permissions as Permission[]),

    async read(id, state, session) {
        if (Object.keys(state).length === 0)
            throw new Error(`${id} cannot be imported: one that is there is taken over by up`);
        const quay = quayOf(state, session);
        const found = (await quay.find(path(state))) as Found | undefined;
        if (found === undefined) return undefined;
        const there = await permissionsOf(quay, state);
        const known = state.permissions as Permission[];
        const key = ({ kind, name }: Permission): string => `${kind} ${name}`;
        // In the order of the state, so that the same ones are no change; those of others are none.
        const permissions = known.flatMap((one) => there.filter((other) => key(other) === key(one)));
        return {
            ...state,
            visibility: found.is_public ? "public" : "private",
            description: found.description ?? "",
            permissions,
        };
    },

    async delete(state, session) {
        const quay = quayOf(state, session);
        const found = (await quay.find(`${path(state)}?includeTags=true`)) as Found | undefined;
        if (found === undefined) return;
        const tags = Object.keys(found.tags ?? {}).length;
        if (tags > 0) session.warn(`the repository ${fullName(state)} stays: it has ${tags.toString()} tags`);
        else await quay.send("DELETE", path(state));
    },
};

function mistakes({ visibility, permissions }: Properties): Failure[] {
    const failures: Failure[] = [];
    if (typeof visibility === "string" && !/^(private|public|[0-9a-f-]{36})$/.test(visibility))
        failures.push({ property: "visibility", reason: "allowed are private, public" });
    const roles = ["read", "write", "admin"];
    if (
        Array.isArray(permissions) &&
        (permissions as Permission[]).some(
            ({ role }) => typeof role === "string" && role.length < 36 && !roles.includes(role),
        )
    )
        failures.push({ property: "permissions", reason: `roles are ${roles.join(", ")}` });
    return failures;
}

function fullName({ organization, name }: Properties): string {
    return `${String(organization)}/${String(name)}`;
}

function path({ organization, name }: Properties): string {
    return `/repository/${step(organization)}/${step(name)}`;
}

async function permissionsOf(quay: Quay, state: Properties): Promise<Permission[]> {
    const listed = async (kind: "user" | "team"): Promise<Permission[]> => {
        const found = (await quay.find(`${path(state)}/permissions/${kind}/`)) as
            { permissions?: Record<string, { role: string; is_robot?: boolean }> } | undefined;
        const prefix = `${String(state.organization)}+`;
        return Object.entries(found?.permissions ?? {})
            .filter(([name]) => kind === "team" || name.startsWith(prefix))
            .map(([name, { role }]) => ({
                ...{ kind: kind === "team" ? "team" : "robot", role },
                name: kind === "team" ? name : name.slice(prefix.length),
            }));
    };
    return [...(await listed("user")), ...(await listed("team"))];
}

/** Rights of others stay, as those that a robot has by default: only what was `named` before goes. */
async function keep(inputs: Properties, session: Session, named: readonly Permission[] = []): Promise<Properties> {
    const quay = quayOf(inputs, session);
    const { organization, name, visibility, description } = inputs;
    const found = (await quay.find(path(inputs))) as Found | undefined;
    if (found === undefined) {
        await quay.send("POST", "/repository", {
            ...{ namespace: organization, repository: name, visibility, description, repo_kind: "image" },
        });
    } else {
        if (found.is_public !== (visibility === "public"))
            await quay.send("POST", `${path(inputs)}/changevisibility`, { visibility });
        if ((found.description ?? "") !== description) await quay.send("PUT", path(inputs), { description });
    }
    const wanted = inputs.permissions as Permission[];
    const there = await permissionsOf(quay, inputs);
    const at = ({ kind, name: who }: Permission): string =>
        `${path(inputs)}/permissions/${kind === "team" ? `team/${step(who)}` : `user/${step(`${String(organization)}+${who}`)}`}`;
    for (const one of wanted) {
        const same = there.some(
            ({ kind, name: who, role }) => kind === one.kind && who === one.name && role === one.role,
        );
        if (!same) await quay.send("PUT", at(one), { role: one.role });
    }
    const same = (a: Permission, b: Permission): boolean => a.kind === b.kind && a.name === b.name;
    for (const one of there) {
        const ours = named.some((other) => same(one, other));
        if (ours && !wanted.some((other) => same(one, other))) await quay.send("DELETE", at(one));
    }
    return inputs;
}
