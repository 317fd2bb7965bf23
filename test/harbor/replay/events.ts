import type { HarborServer } from "../server.ts";
import { image, type Remotes } from "./remotes.ts";

/** Something that happened while the recordings were made and is not in them. */
export interface Event {
    readonly at: string;
    readonly what: (harbor: HarborServer, remotes: Remotes) => unknown;
}

const registryctl = { name: "registryctl", status: "unhealthy" } as const;
const refused = "dial tcp harbor.test:8082: connect: connection refused";

function project(harbor: HarborServer, name: string): void {
    const { projects, clock } = harbor.state;
    const id = projects.nextId();
    projects.put({ id, name, owner: 1, metadata: { public: "false" }, created: clock.now() });
}

/** A push of the recorder's own. */
async function push(harbor: HarborServer, name: string, ...tags: string[]): Promise<void> {
    for (const tag of tags) await harbor.push(name, tag, image(name));
}

/** In the order in which they happened. */
export const events: readonly Event[] = [
    {
        at: "2026-11-21T01:14:53.000Z",
        what: ({ state }) => {
            const error = `failed to check health: Get "http://harbor.test:8082/api/health": ${refused}`;
            state.components = state.components.map((one) =>
                one.name === "registryctl" ? { ...registryctl, error } : one,
            );
        },
    },
    { at: "2026-11-21T01:18:43.000Z", what: (_, remotes) => (remotes.dying.manner = "down") },
    {
        // The endpoint of the rule that was never answered.
        at: "2026-11-21T01:20:43.000Z",
        what: ({ state }) => {
            const { local, registries } = state;
            for (let count = 33 - registries.nextId(); count > 0; count -= 1) registries.nextId();
            registries.put({ ...local, id: 33, name: "of an earlier run", type: "docker-registry" });
        },
    },
    { at: "2026-11-21T01:23:30.000Z", what: ({ state }) => state.registries.delete(33) },
    {
        at: "2026-11-21T01:25:51.817Z",
        what: async (harbor) => {
            project(harbor, "mirror0");
            await push(harbor, "mirror0/pause", "2", "1");
        },
    },
    { at: "2026-11-21T01:26:11.400Z", what: (_, { changing }) => Object.assign(changing, closedForAll) },
    {
        at: "2026-11-21T01:26:13.903Z",
        what: (harbor) => {
            project(harbor, "sa");
        },
    },
    { at: "2026-11-21T01:26:18.900Z", what: (_, remotes) => (remotes.changing.manner = "down") },
    {
        // Runs of an earlier try came to their end.
        at: "2026-11-21T01:26:22.000Z",
        what: async (harbor) => {
            await push(harbor, "mirror/single", "1");
            await push(harbor, "mirror/image", "1");
            await push(harbor, "sa/single", "1");
        },
    },
    { at: "2026-11-21T01:26:51.885Z", what: (harbor) => push(harbor, "evt/pause", "1") },
    {
        at: "2026-11-21T01:27:00.000Z",
        what: ({ state }) => {
            state.components = state.components.map(({ name }) => ({ name, status: "healthy" }));
        },
    },
    {
        at: "2026-11-21T01:27:20.000Z",
        what: (_, remotes) => {
            remotes.break("broken/app", false);
        },
    },
    {
        at: "2026-11-21T01:32:44.600Z",
        what: (_, remotes) => {
            remotes.changeOv();
        },
    },
    {
        at: "2026-11-21T01:33:44.500Z",
        what: (_, remotes) => {
            remotes.break("broken3/app", false);
        },
    },
    { at: "2026-11-21T01:37:20.000Z", what: (_, remotes) => (remotes.dying.manner = "any") },
];

const closedForAll = {
    manner: "closed",
    refusal: '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
};
