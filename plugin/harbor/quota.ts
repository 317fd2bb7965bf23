import { idOf, quotas, type Item } from "./collection.ts";
import type { Harbor } from "./harbor.ts";
import { isHarbor } from "./harborError.ts";

/**
 * Most bytes that a project holds, -1 for no limit. Undefined where Harbor keeps no limits, or does not let this login look at them:
 * a robot needs `quota:list`.
 */
export async function storageLimit(harbor: Harbor, project: string): Promise<number | undefined> {
    const quota = await quotaOf(harbor, project);
    const { storage } = (quota?.hard ?? {}) as { storage?: number };
    return storage;
}

/** Sets it. A change of the project itself takes a limit and ignores it. Returns what is in force then, as {@link storageLimit} does. */
export async function limitStorage(harbor: Harbor, project: string, bytes: number): Promise<number | undefined> {
    const quota = await quotaOf(harbor, project);
    const { storage } = (quota?.hard ?? {}) as { storage?: number };
    if (quota === undefined || storage === bytes) return storage;
    const id = idOf(quotas, quota);
    await harbor.send("PUT", `${quotas.path}/${id}`, { hard: { storage: bytes } });
    harbor.forget(quotas);
    return bytes;
}

async function quotaOf(harbor: Harbor, project: string): Promise<Item | undefined> {
    try {
        const listed = await harbor.list(quotas);
        return [...listed.values()].find(({ ref }) => String((ref as { id?: number } | undefined)?.id) === project);
    } catch (error) {
        if (isHarbor(error, 403)) return undefined;
        throw error;
    }
}
