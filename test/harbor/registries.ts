import { adapterInfo, adapterInfos, knownTypes, offeredTypes } from "./adapters.ts";
import { flag, number, structure, text, type Fields } from "./bind.ts";
import { bodies } from "./bodies.ts";
import { idOf, type Call, type Operation } from "./call.ts";
import { listing } from "./listing.ts";
import { created, done, ok, type Answer } from "./message.ts";
import { internal, missing, Refusal } from "./refusal.ts";
import {
    checkAuthority,
    checkName,
    checkWidths,
    normalised,
    shownRegistry,
    storable,
    type Registry,
} from "./registry.ts";
import type { State } from "./state.ts";

/** Endpoints: made, read, changed, tried and deleted. */
export const registryOperations: readonly Operation[] = [
    { method: "GET", path: "/registries", permission: "registry:list", paged: true, handle: list },
    { method: "POST", path: "/registries", permission: "registry:create", body: bodies.registry, handle: create },
    {
        method: "POST",
        path: "/registries/ping",
        permission: "registry:read",
        body: bodies.registryPing,
        handle: ping,
    },
    {
        method: "GET",
        path: "/registries/{id}",
        numbers: ["id"],
        permission: "registry:read",
        handle: (call) => ok(shownRegistry(call.state.registry(idOf(call)))),
    },
    {
        method: "PUT",
        path: "/registries/{id}",
        numbers: ["id"],
        permission: "registry:update",
        body: bodies.registryUpdate,
        handle: update,
    },
    { method: "DELETE", path: "/registries/{id}", numbers: ["id"], permission: "registry:delete", handle: remove },
    {
        method: "GET",
        path: "/registries/{id}/info",
        numbers: ["id"],
        permission: "registry:read",
        handle: (call) => {
            const { type, id } = call.state.registry(idOf(call));
            return ok(adapterInfo(type, id));
        },
    },
    {
        method: "GET",
        path: "/replication/adapters",
        permission: "replication-adapter:list",
        handle: ({ state }) => ok(state.options.offeredTypes ?? offeredTypes),
    },
    {
        method: "GET",
        path: "/replication/adapterinfos",
        permission: "replication-adapter:list",
        handle: () => ok(adapterInfos()),
    },
];

function list({ state, request }: Call): Answer {
    const name = request.query.get("name");
    const near = (row: Registry): boolean => name === null || row.name.toLowerCase().includes(name.toLowerCase());
    return listing(request.path, request.query, {
        rows: state.registries.all().filter(near),
        columns: {
            id: (row) => row.id,
            name: (row) => row.name,
            url: (row) => row.url,
            type: (row) => row.type,
            description: (row) => row.description,
            insecure: (row) => row.insecure,
            creation_time: (row) => row.created,
            update_time: (row) => row.updated,
        },
        show: shownRegistry,
    });
}

async function create({ state, fields }: Call): Promise<Answer> {
    const now = state.clock.now();
    const credential = structure(fields, "credential") ?? {};
    const registry = withCredential(
        {
            // The id comes from the database, after every check.
            id: 0,
            name: text(fields, "name") ?? "",
            description: text(fields, "description") ?? "",
            type: text(fields, "type") ?? "",
            url: "",
            insecure: flag(fields, "insecure"),
            caCertificate: authority(state, fields) ?? "",
            created: now,
            updated: now,
        },
        storable(text(credential, "type"), text(credential, "access_key"), text(credential, "access_secret")),
    );
    checkName(registry.name);
    checkAuthority(registry.caCertificate);
    const checked = { ...registry, url: normalised(text(fields, "url") ?? "") };
    await checkHealth(state, checked);
    return created(`registries/${String(insert(state, checked))}`);
}

/** Whatever Harbor's database refuses costs an id all the same. */
function insert(state: State, registry: Registry): number {
    const id = state.registries.nextId();
    checkWidths(registry);
    checkFree(state, registry.name, id);
    state.registries.put({ ...registry, id });
    return id;
}

function checkFree(state: State, name: string, id: number): void {
    if (state.registries.find((other) => other.name === name && other.id !== id) !== undefined)
        throw new Refusal(409, `registry ${name} already exists`);
}

async function checkHealth(state: State, registry: Registry): Promise<void> {
    if (!knownTypes.has(registry.type)) throw internal("there is no adapter for this type");
    const health = await state.outside.health(registry);
    if (health === "fault") throw internal("the adapter cannot be made");
    if (health === "unhealthy") throw new Refusal(400, "the registry is unhealthy");
}

/** A Harbor before 2.15 does not know the field, and says nothing. */
function authority(state: State, fields: Fields): string | undefined {
    return isAtLeast(state, 15) ? text(fields, "ca_certificate") : undefined;
}

function withCredential(registry: Omit<Registry, "credential">, credential: Registry["credential"]): Registry {
    return { ...registry, ...(credential === undefined ? {} : { credential }) };
}

/** A registry with what a body changes: a field that is absent stays. */
function changed(state: State, old: Registry, fields: Fields): Registry {
    const { credential, ...rest } = old;
    const named = text(fields, "url");
    const url = named === undefined ? old.url : normalised(named);
    const kept = url === old.url || !isAtLeast(state, 16) ? credential?.secret : undefined;
    const registry = {
        ...rest,
        name: text(fields, "name") ?? old.name,
        description: text(fields, "description") ?? old.description,
        insecure: fields.insecure === undefined ? old.insecure : flag(fields, "insecure"),
        caCertificate: authority(state, fields) ?? old.caCertificate,
        url,
    };
    return withCredential(
        registry,
        storable(
            text(fields, "credential_type") ?? credential?.type,
            text(fields, "access_key") ?? credential?.key,
            text(fields, "access_secret") ?? kept,
        ),
    );
}

function isAtLeast({ version: [major, minor] }: State, wanted: number): boolean {
    return major > 2 || (major === 2 && minor >= wanted);
}

async function update(call: Call): Promise<Answer> {
    const { state, fields } = call;
    const id = idOf(call);
    const old = state.registries.get(id);
    if (old === undefined) throw missing("registry", id);
    const registry = changed(state, old, fields);
    checkName(registry.name);
    checkAuthority(registry.caCertificate);
    await checkHealth(state, registry);
    checkWidths(registry);
    checkFree(state, registry.name, id);
    state.registries.put({ ...registry, updated: state.clock.now() });
    return done;
}

function remove(call: Call): Answer {
    const { state } = call;
    const id = idOf(call);
    if (state.registries.get(id) === undefined) throw missing("registry", id);
    const referenced = (by: string): Refusal =>
        new Refusal(412, `the registry ${String(id)} is referenced by ${by}, cannot delete it`);
    if (state.policies.find((policy) => policy.source === id || policy.destination === id) !== undefined)
        throw referenced("replication policies");
    if (state.projects.find((project) => project.registryId === id) !== undefined)
        throw referenced("proxy cache project");
    state.registries.delete(id);
    return done;
}

async function ping({ state, fields }: Call): Promise<Answer> {
    const id = number(fields, "id");
    const type = text(fields, "type");
    if (id === undefined && (type === undefined || text(fields, "url") === undefined))
        throw new Refusal(400, "type or url cannot be empty");
    const base: Registry =
        id === undefined
            ? { ...state.local, type: type ?? "", insecure: false, caCertificate: "" }
            : state.registry(id);
    const { credential, ...rest } = base;
    const registry = changed(state, id === undefined ? rest : withCredential(rest, credential), fields);
    checkAuthority(registry.caCertificate);
    await checkHealth(state, registry);
    return done;
}
