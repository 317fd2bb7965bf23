import { stopForDetection } from "./components/preflight.ts";
import { createProviders } from "./providers.ts";
import { readSettings } from "./settings.ts";
import { refuseLostImages } from "./settings/storageChange.ts";
import { buildSite } from "./site.ts";

const settings = readSettings();
await refuseLostImages(settings);
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
    storage,
    kept,
    provenImages,
    nodes,
} = buildSite(settings, createProviders(settings));
