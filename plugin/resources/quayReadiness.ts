import { routerRoots } from "../okd/routerRoots.ts";
import { paths } from "../quay/objects.ts";
import { Quay } from "../quay/quay.ts";
import { awaitQuay, type Where } from "../quay/readiness.ts";
import { settle } from "../quay/waiting.ts";
import type { Properties } from "../properties.ts";
import { PartlyDone, textsMissing, type Resource, type Session } from "../resource.ts";

const nothing = { host: "", url: "", version: "", caBundle: "" };

/** That a Quay runs with the configuration that it was given last, and where. */
export const quayReadiness: Resource = {
    type: "siteregistry:index:QuayReadiness",
    secrets: [],
    identity: ["namespace", "registry"],
    outputs: Object.keys(nothing),

    check: (given) => {
        const inputs = { timeoutSeconds: 1800, routerRoots: true, ...given };
        return Promise.resolve({ inputs, failures: textsMissing(inputs, ["namespace", "registry", "bundle"]) });
    },

    create: async (inputs, session) => ({ id: idOf(inputs), state: await settled(inputs, session, true) }),
    update: (_, inputs, session) => settled(inputs, session, false),

    /** What it waited for is not judged again. Its version is read, and the router's CA, since it may have been renewed. */
    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const api = await session.api();
        const { namespace, registry } = state as unknown as Where;
        const found = await api.get(paths.registry(namespace, registry));
        if (found === undefined) return undefined;
        const { currentVersion: version = state.version } = (found.status ?? {}) as { currentVersion?: unknown };
        if (state.routerRoots !== true) return { ...state, version };
        return { ...state, version, caBundle: (await routerRoots(api)).caBundle };
    },

    delete: () => Promise.resolve(),
};

function idOf({ namespace, registry }: Properties): string {
    return `${String(namespace)}/${String(registry)}`;
}

/** Whatever its operator says, it was told: the resource is there, to be tried again. */
async function settled(inputs: Properties, session: Session, anew: boolean): Promise<Properties> {
    try {
        const where = inputs as unknown as Where;
        const found = await awaitQuay(where, session, anew);
        const { registryEndpoint: url = "", currentVersion: version = "" } = found.status as {
            registryEndpoint?: string;
            currentVersion?: string;
        };
        const given = typeof inputs.trusted === "string" ? inputs.trusted : "";
        const caBundle = inputs.routerRoots === true ? (await routerRoots(await session.api())).caBundle : given;
        const quay = new Quay({ url, caBundle: caBundle === "" ? undefined : caBundle }, session.signal);
        await settle(`Quay at ${url}`, where.timeoutSeconds, session, async () =>
            (await quay.isUp()) ? { state: "ready" } : { state: "waiting", why: "/health/instance does not say so" },
        );
        return { ...inputs, host: new URL(url).host, url, version, caBundle };
    } catch (error) {
        throw new PartlyDone((error as Error).message, { id: idOf(inputs), state: { ...inputs, ...nothing } });
    }
}
