import { Refusal, type State } from "./state.ts";

/** One request, as a route sees it. */
export interface Asked {
    readonly state: State;
    readonly match: readonly string[];
    readonly body: Record<string, string>;
    readonly query: URLSearchParams;
}

type Route = [method: string, path: RegExp, answer: (asked: Asked) => unknown];

const organization = "/api/v1/organization/([^/]+)";
const repository = "/api/v1/repository/([^/]+)/([^/]+)";

/** Quay's API as far as this project asks it, with its statuses and words. */
export const routes: readonly Route[] = [
    [
        "POST",
        /^\/api\/v1\/organization\/$/,
        ({ state, body: { name = "", email = "" } }) => {
            if (state.organizations.has(name))
                throw new Refusal(400, "A user or organization with this name already exists");
            const owners = new Map([["owners", { role: "admin" }]]);
            state.organizations.set(name, { email, teams: owners, robots: new Map(), prototypes: [] });
            return "Created";
        },
    ],
    [
        "GET",
        new RegExp(`^${organization}$`),
        ({ state, match: [name = ""] }) => {
            const { email, teams } = state.organization(name);
            return {
                name,
                email,
                teams: Object.fromEntries([...teams].map(([key, { role }]) => [key, { name: key, role }])),
            };
        },
    ],
    [
        "PUT",
        new RegExp(`^${organization}$`),
        ({ state, match: [name = ""], body }) => {
            state.organization(name).email = body.email ?? "";
            return { name };
        },
    ],
    [
        "DELETE",
        new RegExp(`^${organization}$`),
        ({ state, match: [name = ""] }) => {
            state.organization(name);
            state.organizations.delete(name);
            return undefined;
        },
    ],
    [
        "PUT",
        new RegExp(`^${organization}/team/([^/]+)$`),
        ({ state, match: [org = "", team = ""], body: { role = "" } }) => {
            state.organization(org).teams.set(team, { role });
            return { name: team, role };
        },
    ],
    [
        "DELETE",
        new RegExp(`^${organization}/team/([^/]+)$`),
        ({ state, match: [org = "", team = ""] }) => {
            if (!state.organization(org).teams.delete(team)) throw new Refusal(404, "Not Found");
            return undefined;
        },
    ],
    [
        "GET",
        new RegExp(`^${organization}/robots/([^/]+)$`),
        ({ state, match: [org = "", name = ""] }) => {
            const robot = state.organization(org).robots.get(name);
            // Quay answers 400 here, and not 404.
            if (robot === undefined) throw new Refusal(400, `Could not find robot with specified username`);
            return { name: `${org}+${name}`, ...robot };
        },
    ],
    [
        "PUT",
        new RegExp(`^${organization}/robots/([^/]+)$`),
        ({ state, match: [org = "", name = ""], body: { description = "" } }) => {
            const { robots } = state.organization(org);
            if (robots.has(name)) throw new Refusal(400, `Existing robot with name: ${org}+${name}`);
            robots.set(name, { token: `robot-token-${state.next()}`, description });
            return { name: `${org}+${name}`, ...robots.get(name) };
        },
    ],
    [
        "DELETE",
        new RegExp(`^${organization}/robots/([^/]+)$`),
        ({ state, match: [org = "", name = ""] }) => {
            state.organization(org).robots.delete(name);
            return undefined;
        },
    ],
    [
        "GET",
        new RegExp(`^${organization}/prototypes$`),
        ({ state, match: [org = ""] }) => ({ prototypes: state.organization(org).prototypes }),
    ],
    [
        "POST",
        new RegExp(`^${organization}/prototypes$`),
        ({ state, match: [org = ""], body }) => {
            const delegate = body.delegate as unknown as { name: string; kind: string; is_robot: boolean };
            const made = { id: state.next(), role: body.role ?? "", delegate, activating_user: null };
            state.organization(org).prototypes.push(made);
            return made;
        },
    ],
    [
        "PUT",
        new RegExp(`^${organization}/prototypes/([^/]+)$`),
        ({ state, match: [org = "", id = ""], body: { role = "" } }) => {
            const found = state.organization(org).prototypes.find((one) => one.id === id);
            if (found === undefined) throw new Refusal(404, "Not Found");
            found.role = role;
            return found;
        },
    ],
    [
        "DELETE",
        new RegExp(`^${organization}/prototypes/([^/]+)$`),
        ({ state, match: [org = "", id = ""] }) => {
            const one = state.organization(org);
            one.prototypes = one.prototypes.filter((other) => other.id !== id);
            return undefined;
        },
    ],
    [
        "GET",
        /^\/api\/v1\/repository$/,
        ({ state, query }) => ({
            repositories: [...state.repositories.keys()]
                .filter((name) => name.startsWith(`${query.get("namespace") ?? ""}/`))
                .map((name) => ({ name: name.split("/")[1] })),
        }),
    ],
    [
        "POST",
        /^\/api\/v1\/repository$/,
        ({ state, body: { namespace = "", repository: name = "", visibility = "", description = "" } }) => {
            state.organization(namespace);
            const full = `${namespace}/${name}`;
            if (state.repositories.has(full)) throw new Refusal(400, "Repository already exists");
            const isPublic = visibility === "public";
            const made = {
                isPublic,
                description,
                tags: {},
                users: new Map<string, string>(),
                teams: new Map<string, string>(),
            };
            for (const { role, delegate } of state.organization(namespace).prototypes)
                made.users.set(delegate.name, role);
            state.repositories.set(full, made);
            return { namespace, name };
        },
    ],
    [
        "GET",
        new RegExp(`^${repository}$`),
        ({ state, match: [org = "", name = ""], query }) => {
            const { isPublic, description, tags } = state.repository(`${org}/${name}`);
            return { is_public: isPublic, description, ...(query.get("includeTags") === "true" ? { tags } : {}) };
        },
    ],
    [
        "PUT",
        new RegExp(`^${repository}$`),
        ({ state, match: [org = "", name = ""], body }) => {
            state.repository(`${org}/${name}`).description = body.description ?? "";
            return { success: true };
        },
    ],
    [
        "DELETE",
        new RegExp(`^${repository}$`),
        ({ state, match: [org = "", name = ""] }) => {
            state.repositories.delete(`${org}/${name}`);
            return undefined;
        },
    ],
    [
        "POST",
        new RegExp(`^${repository}/changevisibility$`),
        ({ state, match: [org = "", name = ""], body }) => {
            state.repository(`${org}/${name}`).isPublic = body.visibility === "public";
            return { success: true };
        },
    ],
    [
        "GET",
        new RegExp(`^${repository}/permissions/(user|team)/$`),
        ({ state, match: [org = "", name = "", kind = ""] }) => {
            const one = state.repository(`${org}/${name}`);
            const all = [...(kind === "team" ? one.teams : one.users)];
            return { permissions: Object.fromEntries(all.map(([key, role]) => [key, { name: key, role }])) };
        },
    ],
    [
        "PUT",
        new RegExp(`^${repository}/permissions/(user|team)/([^/]+)$`),
        ({ state, match: [org = "", name = "", kind = "", who = ""], body: { role = "" } }) => {
            const { robots, teams } = state.organization(org);
            const known = kind === "team" ? teams.has(who) : robots.has(who.replace(`${org}+`, ""));
            if (!known) throw new Refusal(400, "User does not exist");
            const one = state.repository(`${org}/${name}`);
            (kind === "team" ? one.teams : one.users).set(who, role);
            return { name: who, role };
        },
    ],
    [
        "DELETE",
        new RegExp(`^${repository}/permissions/(user|team)/([^/]+)$`),
        ({ state, match: [org = "", name = "", kind = "", who = ""] }) => {
            const one = state.repository(`${org}/${name}`);
            (kind === "team" ? one.teams : one.users).delete(who);
            return undefined;
        },
    ],
];
