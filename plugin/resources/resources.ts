import { flushCompileCache } from "node:module";
import type { Resource } from "../resource.ts";

/** Where each kind of resource is. A stack has few of them, and the engine waits for the plugin's start: each is loaded when it is asked for. */
const kinds: Readonly<Record<string, () => Promise<Resource>>> = {
    ServiceAccountPullSecret: async () => (await import("./serviceAccountPullSecret.ts")).serviceAccountPullSecret,
    NamespacePullSecrets: async () => (await import("./namespacePullSecrets.ts")).namespacePullSecrets,
    NamespaceRemoval: async () => (await import("./namespaceRemoval.ts")).namespaceRemoval,
    CopiedPullSecrets: async () => (await import("./copiedPullSecrets.ts")).copiedPullSecrets,
    HarborEndpoint: async () => (await import("./harborEndpoint.ts")).harborEndpoint,
    HarborRule: async () => (await import("./harborRule.ts")).harborRule,
    HarborRun: async () => (await import("./harborRun.ts")).harborRun,
    HarborProject: async () => (await import("./harborProject.ts")).harborProject,
    HarborRobot: async () => (await import("./harborRobot.ts")).harborRobot,
    NodeImages: async () => (await import("./nodeImages.ts")).nodeImages,
    MachineImages: async () => (await import("./machineImages.ts")).machineImages,
    NodeTrustReceipts: async () => (await import("./nodeTrustReceipts.ts")).nodeTrustReceipts,
    PullReceipts: async () => (await import("./pullReceipts.ts")).pullReceipts,
    SeededImages: async () => (await import("./seededImages.ts")).seededImages,
    OkdRegistryStatus: async () => (await import("./okdRegistryStatus.ts")).okdRegistryStatus,
    OkdTrustedCertificates: async () => (await import("./okdTrustedCertificates.ts")).okdTrustedCertificates,
    OkdToken: async () => (await import("./okdToken.ts")).okdToken,
    OkdImageStream: async () => (await import("./okdImageStream.ts")).okdImageStream,
    QuayOperator: async () => (await import("./quayOperator.ts")).quayOperator,
    QuayReadiness: async () => (await import("./quayReadiness.ts")).quayReadiness,
    QuayFirstUser: async () => (await import("./quayFirstUser.ts")).quayFirstUser,
    QuayOrganization: async () => (await import("./quayOrganization.ts")).quayOrganization,
    QuayTeam: async () => (await import("./quayTeam.ts")).quayTeam,
    QuayRobot: async () => (await import("./quayRobot.ts")).quayRobot,
    QuayRepository: async () => (await import("./quayRepository.ts")).quayRepository,
};

const prefix = "siteregistry:index:";

/** Type tokens of every resource of the plugin. */
export const resourceTypes: readonly string[] = Object.keys(kinds).map((kind) => `${prefix}${kind}`);

const loaded = new Map<string, Promise<Resource>>();

/** The resource of that type token. Throws where there is none, with those that there are. */
export async function resourceOf(type: string): Promise<Resource> {
    const load = type.startsWith(prefix) ? kinds[type.slice(prefix.length)] : undefined;
    if (load === undefined) {
        throw new Error(`the plugin siteregistry has no resource ${type}; it has ${resourceTypes.join(", ")}`);
    }
    const resource = loaded.get(type) ?? loadKept(load);
    loaded.set(type, resource);
    return resource;
}

/** What a kind compiles is kept at once, and once: every call of the engine comes by here. */
async function loadKept(load: () => Promise<Resource>): Promise<Resource> {
    const resource = await load();
    flushCompileCache();
    return resource;
}
