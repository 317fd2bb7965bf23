import { timestamp } from "./clock.ts";
import { Refusal } from "./refusal.ts";
import type { Row } from "./table.ts";

/** A project. */
export interface Project extends Row {
    readonly name: string;
    /** Id of the user who made it. */
    readonly owner: number;
    /** Values are text: `public` is "true" or "false". */
    readonly metadata: Readonly<Record<string, string>>;
    /** The endpoint behind a proxy cache. */
    readonly registryId?: number;
    /** Most bytes that it holds. Default: no limit. */
    readonly storageLimit?: number;
    readonly created: number;
}

/** Refuses a name that no project can have. */
export function checkProjectName(name: string): void {
    if (name.length < 1 || name.length > 255)
        throw new Refusal(400, `Project name ${name} is illegal in length. (greater than 255 or less than 1)`);
    if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
        throw new Refusal(400, "project name is not in lower case or contains illegal characters");
}

/** A project as Harbor answers it to somebody: `role` is 1 for who may do everything in it. */
export function shownProject(project: Project, owner: string, repositories: number, role: number | undefined): object {
    return {
        project_id: project.id,
        name: project.name,
        owner_id: project.owner,
        owner_name: owner,
        metadata: project.metadata,
        ...(project.registryId === undefined ? {} : { registry_id: project.registryId }),
        ...(role === undefined ? {} : { current_user_role_id: role }),
        current_user_role_ids: role === undefined ? null : [role],
        cve_allowlist: {
            id: project.id,
            project_id: project.id,
            items: [],
            creation_time: timestamp(undefined),
            update_time: timestamp(undefined),
        },
        repo_count: repositories,
        creation_time: timestamp(project.created),
        update_time: timestamp(project.created),
    };
}
