import { endpoints, projects, quotas, type Item } from "../harbor/collection.ts";
import type { Harbor } from "../harbor/harbor.ts";
import { isHarbor } from "../harbor/harborError.ts";
import { checkedId, harborOf, makeNamed, nameTaken, removeNumbered } from "../harbor/named.ts";
import { limitStorage, storageLimit } from "../harbor/quota.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { textsMissing, type Resource, type Session } from "../resource.ts";

/** Kinds of endpoint that Harbor caches (PERMITTED_REGISTRY_TYPES_FOR_PROXY_CACHE). */
const cached = [
    "docker-hub",
    "harbor",
    "azure-acr",
    "ali-acr",
    "aws-ecr",
    "google-gcr",
    "docker-registry",
    "github-ghcr",
    "jfrog-artifactory",
];
const names = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** A project of Harbor: the first part of its repositories' names. With an endpoint, a cache of that. */
export const harborProject: Resource = {
    type: "siteregistry:index:HarborProject",
    secrets: [],
    identity: ["name", "proxyEndpoint"],
    quiet: ["adopt", "deleteContents"],
    unique: true,

    async check(given, before, session) {
        const inputs: Properties = { public: false, storageLimitBytes: -1, ...given };
        const { name, proxyEndpoint, storageLimitBytes: limit, adopt } = inputs;
        const failures = textsMissing(inputs, ["name"]);
        if (failures.length === 0 && !isUnknown(name) && !(names.test(String(name)) && String(name).length <= 255)) {
            const reason =
                "allowed are at most 255 lower-case letters and digits, with single '.', '_' and '-' between";
            failures.push({ property: "name", reason });
        }
        if (!isUnknown(limit) && !(Number.isInteger(limit) && (limit === -1 || (limit as number) > 0))) {
            failures.push({
                property: "storageLimitBytes",
                reason: "allowed are -1, which means no limit, and whole bytes",
            });
        }
        const harbor = session.harbor();
        if (failures.length > 0 || harbor === undefined) return { inputs, failures };
        if (!isUnknown(name) && before === undefined) {
            failures.push(...(await nameTaken(harbor, projects, String(name), adopt)));
        }
        const changed = before === undefined || before.proxyEndpoint !== proxyEndpoint;
        if (changed && typeof proxyEndpoint === "string" && !isUnknown(proxyEndpoint)) {
            const type = (await harbor.list(endpoints)).get(proxyEndpoint)?.type as string | undefined;
            if (type === undefined) {
                const reason = `is ${proxyEndpoint}, and this Harbor has no endpoint of that number`;
                failures.push({ property: "proxyEndpoint", reason });
            } else if (!cached.includes(type)) {
                const reason = `is a ${type}, which Harbor does not cache; it caches ${cached.join(", ")}`;
                failures.push({ property: "proxyEndpoint", reason });
            }
        }
        return { inputs, failures };
    },

    async create(inputs, session) {
        const harbor = harborOf(session);
        const { name, adopt, proxyEndpoint, storageLimitBytes } = inputs as Record<string, unknown> & { name: string };
        const body = {
            project_name: name,
            metadata: metadataOf(inputs),
            storage_limit: storageLimitBytes,
            ...(proxyEndpoint === undefined ? {} : { registry_id: Number(proxyEndpoint) }),
        };
        const id = await makeNamed(harbor, projects, { name, adopt }, body, async (found) => {
            const kept = (await harbor.list(projects)).get(found);
            if (Number(kept?.registry_id ?? 0) !== Number(proxyEndpoint ?? 0)) {
                throw new Error(
                    `name: the project ${name} is there and ${proxyEndpoint === undefined ? "is" : "is not"} a cache of an endpoint, which cannot be changed`,
                );
            }
            await put(harbor, found, inputs);
        });
        await limit(harbor, id, inputs, session);
        await remember(harbor, id);
        return { id, state: inputs };
    },

    async read(id, state, session) {
        const harbor = harborOf(session);
        const item = (await harbor.list(projects)).get(checkedId(id, projects));
        return item === undefined ? undefined : stateOf(item, state, await storageLimit(harbor, id));
    },

    async update(_, inputs, session, id) {
        const harbor = harborOf(session);
        await put(harbor, id, inputs);
        await limit(harbor, id, inputs, session);
        await remember(harbor, id);
        return inputs;
    },

    async delete(state, session, id) {
        const harbor = harborOf(session);
        const name = state.name as string;
        if (state.deleteContents === true) await removeRepositories(harbor, name);
        try {
            await removeNumbered(harbor, projects, id);
        } catch (error) {
            if (!isHarbor(error, 412)) throw error;
            // Images are what people would miss.
            session.warn(
                `the project ${name} stays in Harbor with its images (${error.reason}); remove it there, or set deleteContents to true before. ` +
                    "Set adopt to true to have it again",
            );
        }
    },
};

function metadataOf(inputs: Properties): Properties {
    // Harbor refuses anything but texts here.
    return { public: inputs.public === true ? "true" : "false" };
}

async function put(harbor: Harbor, id: string, inputs: Properties): Promise<void> {
    await harbor.send("PUT", `${projects.path}/${id}`, { metadata: metadataOf(inputs) });
}

/** Harbor gives a project that a lesser login makes its own default, so what is in force is looked at. */
async function limit(
    harbor: Harbor,
    id: string,
    { name, storageLimitBytes }: Properties,
    session: Session,
): Promise<void> {
    const wanted = storageLimitBytes as number;
    harbor.forget(quotas);
    if ((await limitStorage(harbor, id, wanted)) !== undefined || wanted === -1) return;
    session.warn(
        `the limit of the project ${String(name)} cannot be seen or changed here: Harbor keeps none, or this login lacks quota:list and quota:update`,
    );
}

/** A robot that may make projects need not be allowed to look at one: then the list is read anew. */
async function remember(harbor: Harbor, id: string): Promise<void> {
    try {
        await harbor.reread(projects, id);
    } catch (error) {
        if (!isHarbor(error, 403)) throw error;
        harbor.forget(projects);
    }
}

/** A limit that this login may not look at is as it was set. */
function stateOf(item: Item, known: Properties, limit: number | undefined): Properties {
    const { public: open } = (item.metadata ?? {}) as { public?: string };
    const endpoint = Number(item.registry_id ?? 0);
    return {
        ...known,
        name: item.name,
        public: open === "true",
        storageLimitBytes: limit ?? known.storageLimitBytes ?? -1,
        ...(endpoint === 0 ? {} : { proxyEndpoint: endpoint.toString() }),
    };
}

async function removeRepositories(harbor: Harbor, project: string): Promise<void> {
    const listed = await harbor.pages(`/projects/${project}/repositories`).catch((error: unknown) => {
        if (isHarbor(error, 404)) return [];
        throw error;
    });
    for (const { name } of listed) {
        const repository = String(name).slice(project.length + 1);
        // Slashes in a name are escaped twice, as Harbor's router wants them.
        const escaped = encodeURIComponent(encodeURIComponent(repository));
        await harbor.send("DELETE", `/projects/${project}/repositories/${escaped}`).catch((error: unknown) => {
            if (!isHarbor(error, 404)) throw error;
        });
    }
}
