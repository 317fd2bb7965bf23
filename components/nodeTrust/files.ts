import * as pulumi from "@pulumi/pulumi";

import { trustFiles } from "./bundle.ts";
import { insecureFiles } from "./insecure.ts";
import type { MirrorArgs, NodeCredentialArgs, TrustedRegistryArgs } from "./nodeCaTrustArgs.ts";
import type { Runtime } from "./runtimes.ts";

/** What machines shall know of registries, whatever their runtime. */
export interface TrustContent {
    /** What to trust. */
    registries: readonly TrustedRegistryArgs[];
    /** What to ask in the place of others. Default: nothing. */
    mirrors?: readonly MirrorArgs[] | undefined;
    /** What machines log in with. With any, the content is secret. Default: nothing. */
    credentials?: readonly NodeCredentialArgs[] | undefined;
    /** Hosts whose certificate nobody checks, the last resort. Default: none. */
    insecureRegistries?: readonly string[] | undefined;
}

/** Everything that a machine with this runtime gets, by absolute path. */
export function filesOf(
    owner: string,
    { runtime, registryDirectory }: { runtime: Runtime; registryDirectory: string },
    content: TrustContent,
): pulumi.Output<Record<string, string>> {
    const { registries, mirrors = [], credentials = [], insecureRegistries = [] } = content;
    return pulumi
        .all([
            pulumi.output([...registries]),
            pulumi.output(mirrors.map(({ url, ...mirror }) => ({ ...mirror, registry: url }))),
            pulumi.output(credentials.map((one) => ({ ...one, password: pulumi.secret(one.password) }))),
        ])
        .apply(([trusted, instead, logins]) => ({
            ...trustFiles(runtime, registryDirectory, owner, trusted, instead, logins),
            ...insecureFiles(runtime, registryDirectory, insecureRegistries),
        }));
}
