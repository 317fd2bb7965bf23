import { stopForDetection } from "./components/preflight.ts";
import { createProviders } from "./providers.ts";
import { readSettings } from "./settings.ts";
import { lastOutputs } from "./settings/lastRun.ts";
import { refuseBrokenRotation, rotationFacts } from "./settings/rotationChange.ts";
import { refuseLostImages } from "./settings/storageChange.ts";
import { buildSite } from "./site.ts";

const settings = readSettings();
const last = await lastOutputs();
refuseLostImages(settings, last);
refuseBrokenRotation(settings, last);
await stopForDetection(settings);

export const {
    host,
    hosts,
    users,
    passwords,
    caBundle,
    caFingerprints,
    certificateExpiry,
    authorityExpiry,
    certificateAuthorities,
    authorityRotation,
    storage,
    kept,
    provenImages,
    robotLogins,
    robotSecrets,
    replicated,
    images,
    nodes,
    machines,
} = buildSite(settings, createProviders(settings), rotationFacts(last));
