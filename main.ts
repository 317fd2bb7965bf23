/** What another program imports: the components with their arguments, and the way from settings to a whole site. */
export { ClientKit, type ClientKitArgs } from "./components/clientKit.ts";
export { FirstImages, type FirstImagesArgs } from "./components/firstImages.ts";
export { HarborChart } from "./components/harborChart.ts";
export { HarborInstaller } from "./components/harborInstaller.ts";
export type {
    EndpointArgs,
    HarborReplicationArgs,
    ProjectArgs,
    RobotArgs,
    RuleArgs,
} from "./components/harbor/harborReplicationArgs.ts";
export { HarborReplication } from "./components/harborReplication.ts";
export { HostRegistry } from "./components/hostRegistry.ts";
export { ImageSeed, type ImageSeedArgs } from "./components/imageSeed.ts";
export { NodeCaTrust } from "./components/nodeCaTrust.ts";
export type { NodeCaTrustArgs } from "./components/nodeTrust/nodeCaTrustArgs.ts";
export type { OkdRegistryArgs } from "./components/okd/okdRegistryArgs.ts";
export { OkdRegistry } from "./components/okdRegistry.ts";
export { PullProof, type PullProofArgs } from "./components/pullProof.ts";
export { QuayRegistry } from "./components/quayRegistry.ts";
export type { QuayRegistryArgs } from "./components/quay/quayRegistryArgs.ts";
export type { RegistryStackArgs } from "./components/registry/registryStackArgs.ts";
export { RegistryStack } from "./components/registryStack.ts";
export { SystemStoreTrust, type SystemStoreTrustArgs } from "./components/systemStoreTrust.ts";
export { TrustedHosts, type TrustedHostArgs, type TrustedHostsArgs } from "./components/trustedHosts.ts";
export { SiteProvider, type SiteProviderArgs } from "./plugin/sdk/siteProvider.ts";
export { createProviders } from "./providers.ts";
export { readSettings, type Settings } from "./settings.ts";
export { buildSite, type SiteOutputs } from "./site.ts";
export { readSites, type OtherSites } from "./site/sites.ts";
