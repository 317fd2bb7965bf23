import type { HarborPermissionArgs } from "../../plugin/sdk/harborRobot.ts";
import type { RobotArgs, RobotRole } from "./harborReplicationArgs.ts";

const all = ["create", "read", "update", "delete", "list"];

/** What a role needs in each project, and no more. */
const inProjects: Readonly<Record<Exclude<RobotRole, "administerReplication">, Readonly<Record<string, string[]>>>> = {
    pull: { repository: ["pull"] },
    push: { repository: ["pull", "push"] },
    // Harbor lists what it copies, and asks for signatures beside it.
    replicationSource: {
        repository: ["list", "pull", "read"],
        artifact: ["list", "read"],
        tag: ["list"],
        accessory: ["list"],
    },
    replicationTarget: { repository: ["pull", "push"] },
};

/** What this very component needs of a Harbor. */
const inSystem = {
    registry: all,
    "replication-policy": all,
    replication: ["create", "read", "list"],
    "replication-adapter": ["list"],
    project: ["create", "list"],
    // The limits of projects stand apart from them.
    quota: ["list", "update"],
};

/** The permissions of a robot. */
export function permissionsOf({ role, projects = ["*"], extraPermissions = [] }: RobotArgs): HarborPermissionArgs[] {
    if (role === "administerReplication") {
        return [{ kind: "system", namespace: "/", access: accessOf(inSystem) }, ...extraPermissions];
    }
    const access = accessOf(inProjects[role]);
    return [...projects.map((namespace) => ({ kind: "project", namespace, access })), ...extraPermissions];
}

function accessOf(actions: Readonly<Record<string, string[]>>): { resource: string; action: string }[] {
    return Object.entries(actions).flatMap(([resource, list]) => list.map((action) => ({ resource, action })));
}
