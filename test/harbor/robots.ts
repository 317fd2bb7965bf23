import { randomBytes } from "node:crypto";

import { flag, number, text, type Fields } from "./bind.ts";
import { bodies } from "./bodies.ts";
import { idOf, type Call, type Operation } from "./call.ts";
import { timestamp } from "./clock.ts";
import { listing } from "./listing.ts";
import { created, done, ok, type Answer } from "./message.ts";
import { grantable } from "./permissions.ts";
import { missing, Refusal } from "./refusal.ts";
import { expiry, shownRobot, type Access, type Permission, type Robot } from "./robot.ts";
import type { State } from "./state.ts";

/** Robot accounts: made, read, changed, given new secrets and deleted. */
export const robotOperations: readonly Operation[] = [
    { method: "GET", path: "/robots", permission: "robot:list", paged: true, handle: list },
    { method: "POST", path: "/robots", permission: "robot:create", body: bodies.robot, handle: create },
    {
        method: "GET",
        path: "/robots/{robot_id}",
        numbers: ["robot_id"],
        permission: "robot:read",
        handle: (call) => ok(shownRobot(robotAt(call), call.state.settings.robot_name_prefix)),
    },
    {
        method: "PUT",
        path: "/robots/{robot_id}",
        numbers: ["robot_id"],
        permission: "robot:update",
        body: bodies.robot,
        handle: update,
    },
    {
        method: "PATCH",
        path: "/robots/{robot_id}",
        numbers: ["robot_id"],
        permission: "robot:update",
        body: bodies.robotSecret,
        handle: refresh,
    },
    {
        method: "DELETE",
        path: "/robots/{robot_id}",
        numbers: ["robot_id"],
        permission: "robot:delete",
        handle: (call) => {
            call.state.robots.delete(robotAt(call).id);
            return done;
        },
    },
];

function robotAt(call: Call): Robot {
    const id = idOf(call, "robot_id");
    const robot = call.state.robots.get(id);
    if (robot === undefined) throw missing("robot", id);
    return robot;
}

function list({ state, request }: Call): Answer {
    return listing(request.path, request.query, {
        rows: state.robots.all(),
        columns: {
            id: (row) => row.id,
            name: (row) => row.name,
            level: (row) => row.level,
            creation_time: (row) => row.created,
        },
        order: "-creation_time",
        show: (row) => shownRobot(row, state.settings.robot_name_prefix),
    });
}

function create({ state, fields }: Call): Answer {
    const now = state.clock.now();
    const plain = text(fields, "name") ?? "";
    if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(plain))
        throw new Refusal(400, "robot name is not in lower case or contains illegal characters");
    const level = text(fields, "level") ?? "";
    const duration = checkDuration(number(fields, "duration") ?? 0);
    const permissions = checkPermissions(state, level, fields);
    const project = level === "project" ? (permissions[0]?.namespace ?? "") : "";
    const name = level === "project" ? `${project}+${plain}` : plain;
    const id = state.robots.nextId();
    if (state.robots.find((one) => one.name === name) !== undefined) {
        const owner = state.projects.find((one) => one.name === project)?.id ?? 0;
        throw new Refusal(409, `robot account ${String(owner)}:${plain} already exists`);
    }
    const robot: Robot = {
        id,
        name,
        level,
        description: text(fields, "description") ?? "",
        secret: newSecret(),
        disabled: flag(fields, "disable"),
        duration,
        permissions,
        created: now,
        updated: now,
    };
    state.robots.put(robot);
    return created(`robots/${String(id)}`, {
        id,
        name: `${state.settings.robot_name_prefix}${name}`,
        secret: robot.secret,
        creation_time: timestamp(now),
        expires_at: expiry(robot),
    });
}

function checkDuration(days: number): number {
    if (days === -1 || days > 0) return days;
    const rule = "duration must be either -1(Never) or a positive integer";
    throw new Refusal(400, `bad request error duration input: ${String(days)}, ${rule}`);
}

/** The wanted permissions in the order in which Harbor gives them back: that in which anybody ever was given them. */
function checkPermissions(state: State, level: string, fields: Fields): Permission[] {
    const wanted = (fields.permissions ?? []) as { kind?: string; namespace?: string; access?: Access[] }[];
    return wanted.map(({ kind = "", namespace = "", access = [] }) => {
        if (level === "project" || kind === "project") {
            if (namespace !== "*" && state.projects.find((one) => one.name === namespace) === undefined)
                throw missing("project", namespace);
        }
        const allowed = kind === "system" ? grantable.system : grantable.project;
        for (const { resource, action } of access)
            if (!allowed.some((one) => one.resource === resource && one.action === action))
                throw new Refusal(400, `bad request permission: ${resource}:${action}`);
        const plain = access.map(({ resource, action }) => ({ resource, action }));
        return { kind, namespace, access: state.inOrderOfFirstUse(plain) };
    });
}

function update(call: Call): Answer {
    const { state, fields } = call;
    const robot = robotAt(call);
    const name = `${state.settings.robot_name_prefix}${robot.name}`;
    if (text(fields, "name") !== name || text(fields, "level") !== robot.level)
        throw new Refusal(400, "cannot update the level or name of robot");
    state.robots.put({
        ...robot,
        description: text(fields, "description") ?? "",
        disabled: flag(fields, "disable"),
        duration: checkDuration(number(fields, "duration") ?? 0),
        permissions: checkPermissions(state, robot.level, fields),
        updated: state.clock.now(),
    });
    return done;
}

function refresh(call: Call): Answer {
    const { state, fields } = call;
    const robot = robotAt(call);
    const own = text(fields, "secret") ?? "";
    const strong = own.length >= 8 && own.length <= 128 && /[A-Z]/.test(own) && /[a-z]/.test(own) && /\d/.test(own);
    if (own !== "" && !strong) {
        const rule =
            "8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number";
        throw new Refusal(400, `the secret must be ${rule}`);
    }
    const secret = own === "" ? newSecret() : own;
    state.robots.put({ ...robot, secret, updated: state.clock.now() });
    // A secret that the client chose is not said back to it.
    return ok(own === "" ? { secret } : {});
}

/** 32 letters and digits. */
function newSecret(): string {
    const text = randomBytes(96)
        .toString("base64")
        .replace(/[^A-Za-z0-9]/g, "")
        .slice(0, 29);
    return `${text}aA1`;
}
