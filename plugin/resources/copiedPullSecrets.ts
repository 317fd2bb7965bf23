import { keeperLabel, ownerLabel, removePullSecret, takeBack } from "../copier/pullSecret.ts";
import { eachOf } from "../eachOf.ts";
import { textsMissing, type Resource } from "../resource.ts";

/** What the copier leaves in the namespaces. */
interface Trail {
    /** The site, as a label's value. */
    owner: string;
    /** Name of the Secrets. */
    secretName: string;
    /** With it, only the entries in ServiceAccounts of that name; without it, the Secrets and all entries. */
    serviceAccount?: string;
}

const atOnce = 8;

/**
 * The trail of the copier: making it does nothing, since the copier does the work; deleting it takes away what the copier left.
 * The copier depends on it, and so is gone by then.
 */
export const copiedPullSecrets: Resource = {
    type: "siteregistry:index:CopiedPullSecrets",
    secrets: [],
    identity: ["owner", "secretName", "serviceAccount"],
    check: (inputs) => Promise.resolve({ inputs, failures: textsMissing(inputs, ["owner", "secretName"]) }),
    create: (inputs) => {
        const { owner, secretName, serviceAccount = "*" } = inputs as unknown as Trail;
        return Promise.resolve({ id: `${owner}/${secretName}/${serviceAccount}`, state: inputs });
    },
    read: (_, state) => Promise.resolve(state),
    update: (_, inputs) => Promise.resolve(inputs),
    async delete(state, session) {
        const { owner, secretName: name, serviceAccount } = state as unknown as Trail;
        const api = await session.api();
        const { items } = await api.list(
            "/api/v1/secrets",
            {
                labelSelector: `${ownerLabel}=${owner},${keeperLabel}=copier`,
                fieldSelector: `metadata.name=${name}`,
            },
            true,
        );
        const ours = { name, owner, keeper: "copier" } as const;
        const namespaces = items.map((one) => one.metadata.namespace ?? "");
        const failed = await eachOf(namespaces, atOnce, (namespace) =>
            serviceAccount === undefined
                ? removePullSecret(api, namespace, ours)
                : takeBack(api, namespace, serviceAccount, ours),
        );
        for (const [namespace, error] of failed) {
            throw new Error(`what the copier left in ${namespace} could not be removed: ${error.message}`);
        }
    },
};
