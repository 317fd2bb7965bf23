import { number, structure } from "./bind.ts";
import { bodies } from "./bodies.ts";
import { idOf, type Call, type Operation } from "./call.ts";
import { timestamp } from "./clock.ts";
import { listing } from "./listing.ts";
import { done, ok } from "./message.ts";
import type { Project } from "./project.ts";
import { missing, Refusal } from "./refusal.ts";

/** Limits of projects. No recording shows them: they are as Harbor's source has them at 2.15.2. */
export const quotaOperations: readonly Operation[] = [
    {
        method: "GET",
        path: "/quotas",
        permission: "quota:list",
        paged: true,
        handle: ({ state, request }) =>
            listing(request.path, request.query, {
                rows: state.projects.all(),
                columns: { creation_time: (row) => row.created },
                order: "-creation_time",
                show: shown,
            }),
    },
    {
        method: "GET",
        path: "/quotas/{id}",
        permission: "quota:read",
        numbers: ["id"],
        handle: (call) => ok(shown(limited(call))),
    },
    {
        method: "PUT",
        path: "/quotas/{id}",
        permission: "quota:update",
        numbers: ["id"],
        body: bodies.quota,
        handle: (call) => {
            const storageLimit = number(structure(call.fields, "hard") ?? {}, "storage");
            if (storageLimit === undefined) throw new Refusal(400, "hard required in body");
            const project = limited(call);
            if (storageLimit !== -1 && storageLimit <= 0)
                throw new Refusal(400, "invalid quota value: the storage limit must be -1 or greater than 0");
            call.state.projects.put({ ...project, storageLimit });
            return done;
        },
    },
];

/** A quota has a number of its own, which is not that of its project. */
const numberOf = (project: Project): number => project.id + 1000;

function limited(call: Call): Project {
    const project = call.state.projects.get(idOf(call) - 1000);
    if (project === undefined) throw missing("quota", idOf(call));
    return project;
}

function shown(project: Project): object {
    return {
        id: numberOf(project),
        ref: { id: project.id, name: project.name, owner_name: "admin" },
        hard: { storage: project.storageLimit ?? -1 },
        used: { storage: 0 },
        creation_time: timestamp(project.created),
        update_time: timestamp(project.created),
    };
}
