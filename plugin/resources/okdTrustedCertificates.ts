import { isUnknown, type Properties } from "../properties.ts";
import { add, present, remove, type Trust } from "../okd/trustedCertificates.ts";
import { textsMissing, type Resource } from "../resource.ts";

/** What an OKD cluster's nodes, its registry and its imports believe, besides what they know: entries in one shared ConfigMap. */
export const okdTrustedCertificates: Resource = {
    type: "siteregistry:index:OkdTrustedCertificates",
    secrets: [],
    identity: ["owner"],
    outputs: ["usedConfigMap"],

    check: (given) => {
        const inputs = { configMap: "siteregistry-trusted-ca", ...given };
        const failures = textsMissing(inputs, ["owner", "configMap"]);
        const { certificates } = given;
        if (!isUnknown(certificates) && (typeof certificates !== "object" || certificates === null)) {
            failures.push({ property: "certificates", reason: "must be a map from hosts to PEM texts" });
        }
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        const trust = trustOf(inputs);
        const usedConfigMap = await add(await session.api(), trust);
        return { id: trust.manager, state: { ...inputs, usedConfigMap } };
    },

    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const trust = trustOf(state);
        const certificates = await present(await session.api(), trust, String(state.usedConfigMap));
        if (Object.keys(trust.certificates).length > 0 && Object.keys(certificates).length === 0) return undefined;
        return { ...state, certificates };
    },

    async update(before, inputs, session) {
        const api = await session.api();
        const used = String(before.usedConfigMap);
        const usedConfigMap = await add(api, trustOf(inputs));
        // The cluster refers to another one since then: what nobody reads any more is not left behind.
        if (used !== usedConfigMap) await remove(api, trustOf(inputs).manager, used);
        return { ...inputs, usedConfigMap };
    },

    async delete(state, session) {
        await remove(await session.api(), trustOf(state).manager, String(state.usedConfigMap));
    },
};

function trustOf({ owner, certificates, configMap }: Properties): Trust {
    return {
        manager: `siteregistry-${String(owner)}`,
        certificates: certificates as Record<string, string>,
        configMap: String(configMap),
    };
}
