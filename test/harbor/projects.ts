import { cacheTypes } from "./adapters.ts";
import { number, structure, text } from "./bind.ts";
import { bodies } from "./bodies.ts";
import type { Call, Operation } from "./call.ts";
import { listing } from "./listing.ts";
import { created, done, ok, type Answer } from "./message.ts";
import { may, mayIn } from "./permissions.ts";
import { checkProjectName, shownProject, type Project } from "./project.ts";
import { internal, missing, Refusal } from "./refusal.ts";
import type { State } from "./state.ts";

/** Projects, and the images in them. */
export const projectOperations: readonly Operation[] = [
    { method: "GET", path: "/projects", open: true, paged: true, handle: list },
    { method: "HEAD", path: "/projects", handle: head },
    { method: "POST", path: "/projects", body: bodies.project, handle: create },
    {
        method: "GET",
        path: "/projects/{project}",
        open: true,
        handle: (call) => ok(show(call, allowed(call, "project:read"))),
    },
    {
        method: "PUT",
        path: "/projects/{project}",
        body: bodies.project,
        handle: (call) => {
            const { state, fields } = call;
            const project = allowed(call, "project:update");
            // The endpoint behind a proxy cache stays, and the limit, and nothing is said about it.
            const metadata = structure(fields, "metadata") as Record<string, string> | undefined;
            state.projects.put({ ...project, metadata: { ...project.metadata, ...metadata } });
            return done;
        },
    },
    { method: "DELETE", path: "/projects/{project}", handle: remove },
    {
        method: "GET",
        path: "/projects/{project}/_deletable",
        handle: (call) => {
            const project = allowed(call, "project:delete");
            return ok(filled(call.state, project) ? { message: notEmpty } : { deletable: true });
        },
    },
    {
        method: "GET",
        path: "/projects/{project}/summary",
        handle: (call) => {
            const project = allowed(call, "project:read");
            const quota = { hard: { storage: project.storageLimit ?? -1 }, used: { storage: 0 } };
            return ok({ repo_count: count(call.state, project), project_admin_count: 1, quota });
        },
    },
    {
        method: "GET",
        path: "/projects/{project}/repositories",
        open: true,
        paged: true,
        handle: (call) => {
            const project = allowed(call, "repository:list");
            return listing(call.request.path, call.request.query, {
                rows: call.state.content.shownRepositories(project.name, project.id),
                columns: { id: (row) => row.id, name: (row) => row.name },
                order: "-id",
                show: (row) => row,
            });
        },
    },
    {
        method: "GET",
        path: "/projects/{project}/repositories/{repository}/artifacts",
        open: true,
        paged: true,
        handle: (call) => {
            const project = allowed(call, "artifact:list");
            const repository = decodeURIComponent(call.params.repository ?? "");
            return listing(call.request.path, call.request.query, {
                rows: call.state.content.shownArtifacts(project.name, project.id, repository),
                columns: { id: (row) => row.id },
                show: (row) => row,
            });
        },
    },
    {
        method: "DELETE",
        path: "/projects/{project}/repositories/{repository}",
        handle: removeRepository,
    },
    {
        method: "DELETE",
        path: "/projects/{project}/repositories/{repository}/artifacts/{reference}",
        handle: removeArtifact,
    },
];

const notEmpty = "the project contains repositories, can not be deleted";

function byName(state: State, name: string): Project | undefined {
    return state.projects.find((project) => project.name === name);
}

/** The project that a path means: by its name, or by its id where the name is a number and the client does not say otherwise. */
function meant(call: Call): Project | undefined {
    const { state, request, params } = call;
    const key = params.project ?? "";
    if (request.headers["x-is-resource-name"] === "true" || !/^\d+$/.test(key)) return byName(state, key);
    return state.projects.get(Number(key));
}

/** The project, for somebody who may do something in it; a stranger does not learn whether it exists. */
function allowed(call: Call, wanted: string): Project {
    const { identity, params } = call;
    const project = meant(call);
    const reading = /:(read|list|pull)$/.test(wanted);
    if (project?.metadata.public === "true" && reading) return project;
    if (identity.kind === "anonymous") throw new Refusal(401, "unauthorized");
    const permitted = may(identity, "project:all") || mayIn(identity, project?.name ?? "", project?.owner ?? 0, wanted);
    if (!permitted) throw new Refusal(403, "forbidden");
    if (project === undefined) throw missing("project", params.project ?? "");
    return project;
}

function count(state: State, project: Project): number {
    return state.content.of(project.name).length;
}

function filled(state: State, project: Project): boolean {
    return count(state, project) > 0;
}

function show({ state, identity }: Call, project: Project): object {
    const owner = state.users.get(project.owner)?.name ?? "";
    const admin = identity.kind === "user" && (identity.user.admin || identity.user.id === project.owner);
    // Whoever made a project through a robot's account is nobody's administrator in it.
    const role = admin && (project.owner === identity.user.id || project.owner === 0) ? 1 : undefined;
    return shownProject(project, owner, count(state, project), role);
}

function list(call: Call): Answer {
    const { state, request, identity } = call;
    const name = request.query.get("name");
    const seen = (project: Project): boolean =>
        project.metadata.public === "true" ||
        may(identity, "project:list") ||
        mayIn(identity, project.name, project.owner, "project:read");
    return listing(request.path, request.query, {
        rows: state.projects.all().filter((row) => seen(row) && (name === null || row.name.includes(name))),
        columns: {
            id: (row) => row.id,
            project_id: (row) => row.id,
            name: (row) => row.name,
            creation_time: (row) => row.created,
        },
        order: "name",
        show: (row) => show(call, row),
    });
}

function head({ state, request }: Call): Answer {
    const name = request.query.get("project_name") ?? "";
    if (byName(state, name) === undefined) throw missing("project", name);
    return done;
}

function create({ state, identity, fields, request }: Call): Answer {
    const registryId = number(fields, "registry_id");
    const trusted = may(identity, "project:create");
    if (identity.kind === "robot" && identity.robot.level !== "system")
        throw new Refusal(403, "Only system level robot can create project");
    if (!trusted && state.settings.project_creation_restriction === "adminonly")
        throw new Refusal(403, "Only system admin can create project");
    if (!trusted && registryId !== undefined)
        throw new Refusal(403, "Only system admin can create proxy cache project");
    const name = text(fields, "project_name") ?? "";
    checkProjectName(name);
    if (registryId !== undefined) {
        const registry = state.registries.get(registryId);
        if (registry === undefined) throw internal("there is no such registry");
        if (!cacheTypes.has(registry.type))
            throw new Refusal(400, `bad request: unsupported registry type ${registry.type}`);
    }
    const id = state.projects.nextId();
    if (byName(state, name) !== undefined) throw new Refusal(409, `The project named ${name} already exists`);
    const metadata = structure(fields, "metadata") as Record<string, string> | undefined;
    state.projects.put({
        id,
        name,
        owner: identity.kind === "user" ? identity.user.id : 1,
        metadata: {
            public: "false",
            ...metadata,
            // Harbor gives a proxy cache a rule of its own for what to forget.
            ...(registryId === undefined ? {} : { retention_id: String(id) }),
        },
        ...(registryId === undefined ? {} : { registryId }),
        // Whoever may not make projects of the system gets what is usual, without a word.
        storageLimit: (trusted && number(fields, "storage_limit")) || -1,
        created: state.clock.now(),
    });
    return created(`projects/${request.headers["x-resource-name-in-location"] === "true" ? name : String(id)}`);
}

function remove(call: Call): Answer {
    const project = allowed(call, "project:delete");
    if (filled(call.state, project)) throw new Refusal(412, `precondition failed: ${notEmpty}`);
    call.state.projects.delete(project.id);
    return done;
}

/** Every artifact of it goes; what the registry below keeps is for its own clean-up. */
function removeRepository(call: Call): Answer {
    const { state, params } = call;
    const project = allowed(call, "repository:delete");
    const name = `${project.name}/${decodeURIComponent(params.repository ?? "")}`;
    if (!state.content.deleteRepository(name)) throw new Refusal(404, `repository ${name} not found`);
    return done;
}

async function removeArtifact(call: Call): Promise<Answer> {
    const { state, runs, params } = call;
    const project = allowed(call, "artifact:delete");
    const name = `${project.name}/${decodeURIComponent(params.repository ?? "")}`;
    const reference = params.reference ?? "";
    const tags = state.content.delete(name, reference);
    if (tags === undefined) throw new Refusal(404, `artifact ${name}:${reference} not found`);
    for (const tag of tags) await state.outside.remove(state.local, name, tag);
    runs.deleted(name, tags);
    return done;
}
