import { Refusal } from "./refusal.ts";
import type { Access, Permission } from "./robot.ts";
import type { User } from "./user.ts";
import type { Robot } from "./robot.ts";

/** Who asks. */
export type Identity =
    | { readonly kind: "anonymous" }
    | { readonly kind: "user"; readonly user: User }
    | { readonly kind: "robot"; readonly robot: Robot; readonly name: string };

/** `resource:action,action …` */
function accesses(text: string): Access[] {
    return text.split(" ").flatMap((part) => {
        const [resource = "", actions = ""] = part.split(":");
        return actions.split(",").map((action) => ({ resource, action }));
    });
}

/** What a robot can be given. */
export const grantable: Readonly<Record<"project" | "system", readonly Access[]>> = {
    project: accesses(
        "log:list project:read,delete,update metadata:read,create,delete,list,update " +
            "repository:read,update,delete,list,pull,push artifact:read,create,list,delete scan:create,read,stop " +
            "sbom:create,stop,read tag:create,list,delete accessory:list artifact-addition:read " +
            "artifact-label:create,delete scanner:create,read preheat-policy:read,create,delete,list,update " +
            "immutable-tag:create,delete,list,update notification-policy:read,create,delete,list,update " +
            "tag-retention:read,create,delete,list,update label:read,create,delete,list,update quota:read " +
            "robot:create,read,list,delete export-cve:create,read member:create,read,update,list,delete",
    ),
    system: accesses(
        "audit-log:list preheat-instance:read,create,delete,list,update project:list,create " +
            "replication-policy:read,create,delete,list,update replication:read,create,list replication-adapter:list " +
            "registry:read,create,delete,list,update scan-all:read,update,stop,create system-volumes:read " +
            "garbage-collection:read,create,list,update,stop purge-audit:read,create,list,update,stop " +
            "jobservice-monitor:list,stop scanner:read,create,delete,list,update label:read,create,delete,update " +
            "security-hub:read,list catalog:read quota:read,list robot:create,read,list,delete " +
            "user:create,read,update,list,delete ldap-user:create,list quota:update " +
            "user-group:create,read,update,list,delete",
    ),
};

/** What an administrator is told that he may do. It is not what he may do. */
const told = {
    system: accesses(
        "catalog:read audit-log:list project:create,read,update,delete,list user:create,read,update,delete,list " +
            "user-group:create,read,update,delete,list registry:create,read,update,delete,list " +
            "replication:create,read,update,list,delete distribution:create,read,update,delete,list " +
            "garbage-collection:create,read,update,delete,list scan-all:create,read,update,delete,list,stop " +
            "system-volumes:read ldap-user:create,list configuration:read,update jobservice-monitor:read,list,stop " +
            "security-hub:read,list",
    ),
    project: accesses(
        ".:read,update,delete member:create,read,update,delete,list metadata:create,read,update,delete log:list " +
            "label:create,read,update,delete,list quota:read repository:create,read,update,delete,list,pull,push " +
            "tag-retention:create,read,update,delete,list,operate immutable-tag:create,update,delete,list " +
            "configuration:read,update robot:create,read,update,delete,list " +
            "notification-policy:create,update,delete,list,read scan:create,read,stop sbom:create,stop,read " +
            "scanner:read,create artifact:create,read,delete,list artifact-addition:read tag:list,create,delete " +
            "accessory:list artifact-label:create,delete preheat-policy:create,read,update,delete,list " +
            "export-cve:create,read,list",
    ),
};

/** The answer to "what may I do": nothing for robots and users who are no administrators, whatever they may do. */
export function toldPermissions(identity: Identity, scope: string, relative: boolean): Access[] {
    if (identity.kind !== "user" || !identity.user.admin) return [];
    if (scope === "/system") return relative ? [] : told.system;
    if (!/^\/project\/\d+$/.test(scope)) return [];
    if (relative) return told.project;
    const full = (resource: string): string => (resource === "." ? scope : `${scope}/${resource}`);
    return told.project.map(({ resource, action }) => ({ resource: full(resource), action }));
}

/** Whether somebody may do something in the system: `registry:create`. */
export function may(identity: Identity, wanted: string): boolean {
    if (identity.kind === "user") return identity.user.admin;
    return identity.kind === "robot" && identity.robot.permissions.some((one) => grants(one, "system", "/", wanted));
}

/** Whether somebody may do something in a project. */
export function mayIn(identity: Identity, project: string, owner: number, wanted: string): boolean {
    if (identity.kind === "user") return identity.user.admin || identity.user.id === owner;
    if (identity.kind !== "robot") return false;
    return identity.robot.permissions.some(
        (one) => grants(one, "project", project, wanted) || grants(one, "project", "*", wanted),
    );
}

function grants(permission: Permission, kind: string, namespace: string, wanted: string): boolean {
    if (permission.kind !== kind || permission.namespace !== namespace) return false;
    return permission.access.some(({ resource, action }) => `${resource}:${action}` === wanted);
}

/** Lets somebody pass who may do something, and refuses everyone else as Harbor does. */
export function demand(identity: Identity, wanted: string): void {
    if (identity.kind === "anonymous") throw new Refusal(401, "unauthorized");
    if (!may(identity, wanted)) throw new Refusal(403, nameOf(identity));
}

/** The name that somebody logs in with. */
export function nameOf(identity: Identity): string {
    if (identity.kind === "user") return identity.user.name;
    return identity.kind === "robot" ? identity.name : "";
}
