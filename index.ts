import { createProviders } from "./providers.ts";
import { readSettings } from "./settings.ts";
import { buildSite } from "./site.ts";

const settings = readSettings();

export const { host, users, passwords, caBundle, caFingerprints, certificateExpiry, authorityExpiry, provenImages } =
    buildSite(settings, createProviders(settings));
