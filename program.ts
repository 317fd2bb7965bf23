import { stopForDetection } from "./components/preflight.ts";
import { createProviders } from "./providers.ts";
import { readSettings } from "./settings.ts";
import { lastOutputs } from "./settings/lastRun.ts";
import { refuseUnconfirmedDrain } from "./settings/mirrorChange.ts";
import { refuseBrokenRotation, rotationFacts } from "./settings/rotationChange.ts";
import { separatePullSecrets } from "./settings/separatePullSecrets.ts";
import { refuseLostImages } from "./settings/storageChange.ts";
import { buildSite } from "./site.ts";
import { readSites } from "./site/sites.ts";

const settings = readSettings();
const last = await lastOutputs();
refuseLostImages(settings, last);
refuseBrokenRotation(settings, last);
refuseUnconfirmedDrain(settings, last);
await stopForDetection(settings);
const sites = await readSites(settings);

const before = { rotation: rotationFacts(last), separatePullSecrets: separatePullSecrets(settings, last) };

/** What `pulumi stack output` tells. */
export const outputs = buildSite(settings, createProviders(settings), before, sites);
