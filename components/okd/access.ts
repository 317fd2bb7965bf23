import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { ProjectArgs } from "./okdRegistryArgs.ts";

type Subject = k8s.types.input.rbac.v1.Subject;

const apiGroup = "rbac.authorization.k8s.io";
const user = (name: string): Subject => ({ kind: "User", apiGroup, name });
const group = (name: string): Subject => ({ kind: "Group", apiGroup, name });

/** The cluster's roles for its registry, each with whom a project gives it to. */
const roles: readonly [role: string, who: (project: ProjectArgs) => Subject[]][] = [
    ["registry-viewer", ({ viewers = [], viewerGroups = [] }) => [...viewers.map(user), ...viewerGroups.map(group)]],
    ["registry-editor", ({ editors = [], editorGroups = [] }) => [...editors.map(user), ...editorGroups.map(group)]],
    [
        "system:image-puller",
        (project) => [
            ...(project.pulledBy ?? []).map((namespace) => group(`system:serviceaccounts:${namespace}`)),
            ...(project.public === true ? [group("system:unauthenticated"), group("system:authenticated")] : []),
        ],
    ],
];

/** One RoleBinding for each role that somebody has in the project: what `oc policy add-role-to-user` makes. */
export function createAccess(
    name: string,
    objectName: string,
    project: ProjectArgs,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): void {
    for (const [role, who] of roles) {
        const subjects = who(project);
        if (subjects.length === 0) continue;
        const short = role.replace("system:", "");
        bind(
            `${name}-${project.namespace}-${short}`,
            project.namespace,
            `${objectName}-${short}`,
            role,
            subjects,
            labels,
            opts,
        );
    }
}

/** Gives a role of the cluster in one namespace. */
export function bind(
    logicalName: string,
    namespace: string,
    objectName: string,
    role: string,
    subjects: Subject[],
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    return new k8s.rbac.v1.RoleBinding(
        logicalName,
        {
            metadata: { name: objectName, namespace, labels },
            roleRef: { apiGroup, kind: "ClusterRole", name: role },
            subjects,
        },
        opts,
    );
}
