import { createProviders } from "./providers.ts";
import { readSettings } from "./settings.ts";
import { refuseLostImages } from "./settings/storageChange.ts";
import { buildSite } from "./site.ts";

const settings = readSettings();
await refuseLostImages(settings);

export const {
    host,
    hosts,
    users,
    passwords,
    caBundle,
    caFingerprints,
    certificateExpiry,
    authorityExpiry,
    storage,
    kept,
    provenImages,
    robotLogins,
    robotSecrets,
    replicated,
} = buildSite(settings, createProviders(settings));
