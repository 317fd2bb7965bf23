/** A thing as Harbor shows it. */
export type Item = Record<string, unknown>;

/** What Harbor keeps under one path. */
export interface Collection {
    readonly path: string;
    /** The field that is its number. */
    readonly key: string;
    /** What one of it is called. */
    readonly noun: string;
}

export const endpoints: Collection = { path: "/registries", key: "id", noun: "endpoint" };
export const rules: Collection = { path: "/replication/policies", key: "id", noun: "replication rule" };
export const projects: Collection = { path: "/projects", key: "project_id", noun: "project" };
/** How much each project may hold, which stands apart from the projects. */
export const quotas: Collection = { path: "/quotas", key: "id", noun: "quota" };
export const robots: Collection = { path: "/robots", key: "id", noun: "robot" };

/** The number of an item, as Pulumi keeps it. */
export function idOf(collection: Collection, item: Item): string {
    return String(item[collection.key]);
}
