import assert from "node:assert/strict";

import { eventually } from "../../lab/machines/command.ts";
import { ApiError, type ApiServer } from "../../plugin/copier/apiServer.ts";
import { accountPath } from "../../plugin/copier/serviceAccount.ts";

/**
 * A controller like OpenShift's, which rewrites the `imagePullSecrets` of a ServiceAccount again and again until it is told to end:
 * it takes its own entry away, adds another, and turns the others around. Returns how often another was faster.
 */
export async function rewriteEntries(
    api: ApiServer,
    namespace: string,
    account: string,
    isOver: () => boolean,
): Promise<number> {
    const path = accountPath(namespace, account);
    // The account is made by another controller, a moment after its namespace.
    await eventually(
        `the ServiceAccount ${account} in ${namespace}`,
        30,
        async () => (await api.get(path)) !== undefined,
    );
    let conflicts = 0;
    for (let round = 0; !isOver(); round += 1) {
        const found = await api.get(path);
        assert.ok(found !== undefined);
        const entries = (found.imagePullSecrets ?? []) as { name: string }[];
        const others = entries.filter(({ name }) => !name.startsWith("dockercfg-")).reverse();
        const imagePullSecrets = [{ name: `dockercfg-${round.toString()}` }, ...others];
        try {
            await api.send("PUT", path, { ...found, imagePullSecrets });
        } catch (error) {
            assert.ok(error instanceof ApiError && error.status === 409, String(error));
            conflicts += 1;
        }
    }
    return conflicts;
}
