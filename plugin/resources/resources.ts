import type { Resource } from "../resource.ts";
import { copiedPullSecrets } from "./copiedPullSecrets.ts";
import { namespacePullSecrets } from "./namespacePullSecrets.ts";
import { nodeTrustReceipts } from "./nodeTrustReceipts.ts";
import { pullReceipts } from "./pullReceipts.ts";
import { serviceAccountPullSecret } from "./serviceAccountPullSecret.ts";

/** Every resource of the plugin. */
export const resources: readonly Resource[] = [
    serviceAccountPullSecret,
    namespacePullSecrets,
    copiedPullSecrets,
    nodeTrustReceipts,
    pullReceipts,
];
