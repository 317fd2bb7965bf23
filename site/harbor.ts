import type * as pulumi from "@pulumi/pulumi";

import { HarborReplication } from "../components/harborReplication.ts";
import type { TrustedRegistryArgs } from "../components/nodeTrust/nodeCaTrustArgs.ts";
import type { Settings } from "../settings.ts";

/** What a stack tells of its Harbor. */
export interface HarborOutputs {
    /** What each robot logs in as, by its name without the prefix. */
    robotLogins?: pulumi.Output<Record<string, string>>;
    /** What each of them logs in with. Secret. */
    robotSecrets?: pulumi.Output<Record<string, string>>;
    /** What each rule that `up` ran has copied or found to be there, by the rule's name. */
    replicated?: pulumi.Output<Record<string, string[]>>;
}

/** What an existing Harbor copies, and who may. Nothing where the settings have no such section. */
export function buildHarbor(
    settings: Settings,
    providers: pulumi.ProviderResource[],
): HarborOutputs & { made?: HarborReplication } {
    if (settings.harbor === undefined) return {};
    const { url, endpoints, rules, projects, robots, pullSecret } = settings.harbor;
    const made = new HarborReplication(
        "harbor",
        {
            endpoints: endpoints.map((endpoint) => ({ ...endpoint, ...secretOf(endpoint, settings) })),
            ...{ rules, projects, robots },
            pullSecret: pullSecret && { ...pullSecret, host: new URL(url).host },
        },
        { providers },
    );
    const { robotLogins, robotSecrets, replicated } = made;
    return { made, robotLogins, robotSecrets, replicated };
}

/** A Harbor with roots of its own, as nodes trust it. Nodes know the well-known ones by themselves. */
export function trustedHarbor({ harbor }: Settings): TrustedRegistryArgs[] {
    if (harbor?.caBundle === undefined) return [];
    const { origin, host } = new URL(harbor.url);
    return [{ host, url: origin, caBundle: harbor.caBundle }];
}

function secretOf({ name, accessKey }: { name: string; accessKey?: string | undefined }, settings: Settings) {
    const { harborCredentials } = settings;
    if (accessKey === undefined || harborCredentials === undefined) return {};
    return { accessSecret: harborCredentials.apply(({ endpoints }) => endpoints?.[name] ?? "") };
}
