import { createRequire } from "node:module";

import type * as Pulumi from "@pulumi/pulumi";
import type { ConstructRequest } from "@pulumi/pulumi/proto/provider_pb.js";
import type * as Rpc from "@pulumi/pulumi/runtime/rpc.js";

const require = createRequire(import.meta.url);

/** Of the SDK's own files, what it does not tell of in its types. */
interface Settings {
    resetOptions(
        project: string,
        stack: string,
        parallel: number,
        engine: string,
        monitor: string,
        preview: boolean,
        organization: string,
    ): void;
    awaitFeatureSupport(): Promise<void>;
    waitForRPCs(): Promise<void>;
}

/** The SDK, loaded with the first component: resources alone do without, and the engine waits for the plugin at every run. */
export function sdk() {
    return {
        pulumi: require("@pulumi/pulumi") as typeof Pulumi,
        rpc: require("@pulumi/pulumi/runtime/rpc.js") as typeof Rpc,
        settings: require("@pulumi/pulumi/runtime/settings.js") as Settings,
        state: require("@pulumi/pulumi/runtime/state.js") as {
            withLocalStorage<Result>(work: () => Promise<Result>): Promise<Result>;
        },
        resource: require("@pulumi/pulumi/resource.js") as {
            DependencyResource: new (urn: string) => Pulumi.Resource;
            DependencyProviderResource: new (reference: string) => Pulumi.ProviderResource;
        },
        hooks: require("@pulumi/pulumi/runtime/resource.js") as {
            hookBindingFromProto(binding: unknown): Pulumi.ResourceHookBinding | undefined;
        },
    };
}

/** Points the SDK at the program that the component is for. */
export async function enterProgram(request: ConstructRequest, engineAddress: string): Promise<void> {
    const { pulumi, settings } = sdk();
    settings.resetOptions(
        request.getProject(),
        request.getStack(),
        request.getParallel(),
        engineAddress,
        request.getMonitorendpoint(),
        request.getDryrun(),
        request.getOrganization(),
    );
    await settings.awaitFeatureSupport();
    const config = Object.fromEntries(request.getConfigMap().entries() as Iterable<[string, string]>);
    pulumi.runtime.setAllConfig(config, request.getConfigsecretkeysList());
}

/** The options that the program gave the component. */
export function optionsOf(request: ConstructRequest): Pulumi.ComponentResourceOptions {
    const { resource, hooks } = sdk();
    const { DependencyResource, DependencyProviderResource } = resource;
    const providers = [...(request.getProvidersMap().entries() as Iterable<[string, string]>)];
    const deletedWith = request.getDeletedwith();
    const parent = request.getParent();
    const timeouts = request.getCustomtimeouts()?.toObject();
    const hookBinding = hooks.hookBindingFromProto(request.getResourceHooks());
    return {
        aliases: request.getAliasesList().map(aliasOf),
        dependsOn: request.getDependenciesList().map((urn) => new DependencyResource(urn)),
        providers: Object.fromEntries(providers.map(([name, ref]) => [name, new DependencyProviderResource(ref)])),
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        ...(parent === "" ? {} : { parent: new DependencyResource(parent) }),
        ...(request.hasProtect() ? { protect: request.getProtect() === true } : {}),
        ...(request.hasRetainondelete() ? { retainOnDelete: request.getRetainondelete() === true } : {}),
        ...(timeouts === undefined ? {} : { customTimeouts: timeouts }),
        ...(deletedWith === "" ? {} : { deletedWith: new DependencyResource(deletedWith) }),
        ...(hookBinding === undefined ? {} : { hooks: hookBinding }),
    };
}

function aliasOf(alias: ReturnType<ConstructRequest["getAliasesList"]>[number]): string | Pulumi.Alias {
    if (alias.hasUrn()) return alias.getUrn();
    const spec = alias.getSpec();
    const parts = { name: spec?.getName(), project: spec?.getProject(), stack: spec?.getStack() };
    const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== "");
    const parent = spec?.getParenturn() ?? "";
    if (spec?.getNoparent() === true) return { ...Object.fromEntries(given), parent: sdk().pulumi.rootStackResource };
    return { ...Object.fromEntries(given), ...(parent === "" ? {} : { parent }) };
}
