import type { Resource } from "../resource.ts";
import { copiedPullSecrets } from "./copiedPullSecrets.ts";
import { harborEndpoint } from "./harborEndpoint.ts";
import { harborProject } from "./harborProject.ts";
import { harborRobot } from "./harborRobot.ts";
import { harborRule } from "./harborRule.ts";
import { harborRun } from "./harborRun.ts";
import { machineImages } from "./machineImages.ts";
import { namespacePullSecrets } from "./namespacePullSecrets.ts";
import { namespaceRemoval } from "./namespaceRemoval.ts";
import { nodeTrustReceipts } from "./nodeTrustReceipts.ts";
import { nodeImages } from "./nodeImages.ts";
import { okdImageStream } from "./okdImageStream.ts";
import { okdRegistryStatus } from "./okdRegistryStatus.ts";
import { okdToken } from "./okdToken.ts";
import { okdTrustedCertificates } from "./okdTrustedCertificates.ts";
import { pullReceipts } from "./pullReceipts.ts";
import { quayFirstUser } from "./quayFirstUser.ts";
import { quayOperator } from "./quayOperator.ts";
import { quayOrganization } from "./quayOrganization.ts";
import { quayReadiness } from "./quayReadiness.ts";
import { quayRepository } from "./quayRepository.ts";
import { quayRobot } from "./quayRobot.ts";
import { quayTeam } from "./quayTeam.ts";
import { seededImages } from "./seededImages.ts";
import { serviceAccountPullSecret } from "./serviceAccountPullSecret.ts";

/** Every resource of the plugin. */
export const resources: readonly Resource[] = [
    serviceAccountPullSecret,
    namespacePullSecrets,
    namespaceRemoval,
    copiedPullSecrets,
    harborEndpoint,
    harborRule,
    harborRun,
    harborProject,
    harborRobot,
    nodeImages,
    machineImages,
    nodeTrustReceipts,
    pullReceipts,
    seededImages,
    okdRegistryStatus,
    okdTrustedCertificates,
    okdToken,
    okdImageStream,
    quayOperator,
    quayReadiness,
    quayFirstUser,
    quayOrganization,
    quayTeam,
    quayRobot,
    quayRepository,
];
