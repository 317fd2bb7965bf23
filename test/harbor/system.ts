import { flag, text } from "./bind.ts";
import { bodies } from "./bodies.ts";
import type { Call, Operation } from "./call.ts";
import { timestamp } from "./clock.ts";
import { created, done, ok, type Answer } from "./message.ts";
import { grantable, toldPermissions } from "./permissions.ts";
import { Refusal } from "./refusal.ts";
import { shownUser } from "./user.ts";

/** What the whole installation tells and can be told: its health, its version, its settings, its users. */
export const systemOperations: readonly Operation[] = [
    {
        method: "GET",
        path: "/ping",
        open: true,
        handle: () => ({ status: 200, text: "Pong", headers: { "Content-Type": "text/plain" } }),
    },
    { method: "GET", path: "/health", open: true, handle: health },
    { method: "GET", path: "/systeminfo", open: true, handle: systemInfo },
    {
        method: "GET",
        path: "/systeminfo/getcert",
        open: true,
        handle: () => {
            throw new Refusal(404, "resource not found: cert not found in path: /etc/core/ca/ca.crt");
        },
    },
    { method: "GET", path: "/users/current", handle: current },
    {
        method: "GET",
        path: "/users/current/permissions",
        handle: ({ identity, request }) => {
            const { query } = request;
            return ok(toldPermissions(identity, query.get("scope") ?? "", query.get("relative") === "true"));
        },
    },
    {
        method: "GET",
        path: "/users",
        permission: "user:list",
        paged: true,
        handle: ({ state }) => ok(state.users.all().map(shownUser)),
    },
    { method: "POST", path: "/users", permission: "user:create", body: bodies.user, handle: createUser },
    {
        method: "GET",
        path: "/permissions",
        handle: ({ identity }) => {
            if (identity.kind === "robot")
                throw new Refusal(403, "forbidden: only admins(system and project) can access permissions");
            const admin = identity.kind === "user" && identity.user.admin;
            return ok(admin ? grantable : { ...grantable, system: null });
        },
    },
    {
        method: "GET",
        path: "/configurations",
        permission: "configuration:read",
        handle: ({ state }) =>
            ok(
                Object.fromEntries(
                    Object.entries<unknown>({ ...state.settings }).map(([key, value]) => [
                        key,
                        { value, editable: true },
                    ]),
                ),
            ),
    },
    {
        method: "PUT",
        path: "/configurations",
        permission: "configuration:update",
        body: bodies.configurations,
        handle: ({ state, fields }) => {
            if (fields.read_only !== undefined) state.settings.read_only = flag(fields, "read_only");
            const { settings } = state;
            settings.project_creation_restriction =
                text(fields, "project_creation_restriction") ?? settings.project_creation_restriction;
            settings.robot_name_prefix = text(fields, "robot_name_prefix") ?? settings.robot_name_prefix;
            return done;
        },
    },
];

function health({ state }: Call): Answer {
    const { components } = state;
    const status = components.every((one) => one.status === "healthy") ? "healthy" : "unhealthy";
    return ok({ status, components });
}

/** Whoever is known is told more; who is not has given the wrong credentials. */
function systemInfo({ state, identity }: Call): Answer {
    const { settings, externalUrl } = state;
    const known = {
        current_time: timestamp(state.clock.now()),
        external_url: externalUrl,
        harbor_version: `v${state.options.version ?? "2.15.2"}-080b0220`,
        has_ca_root: false,
        notification_enable: true,
        project_creation_restriction: settings.project_creation_restriction,
        read_only: settings.read_only,
        registry_storage_provider_name: "filesystem",
        registry_url: externalUrl.replace(/^https?:\/\//, ""),
    };
    return ok({
        auth_mode: "db_auth",
        banner_message: "",
        oidc_provider_name: "",
        primary_auth_mode: false,
        self_registration: false,
        ...(identity.kind === "anonymous" ? {} : known),
    });
}

function current({ identity }: Call): Answer {
    if (identity.kind === "user") return ok(shownUser(identity.user));
    throw new Refusal(412, `get current user not available for security context: ${identity.kind}`);
}

function createUser({ state, fields }: Call): Answer {
    const name = text(fields, "username") ?? "";
    const password = text(fields, "password") ?? "";
    const id = state.users.nextId();
    if (state.users.find((one) => one.name === name) !== undefined)
        throw new Refusal(409, `user ${name} or email already exists`);
    state.users.put({
        id,
        name,
        password,
        admin: false,
        realname: text(fields, "realname") ?? "",
        email: text(fields, "email") ?? "",
        comment: text(fields, "comment") ?? "",
        created: state.clock.now(),
    });
    return created(`users/${String(id)}`);
}
