import type * as pulumi from "@pulumi/pulumi";

import { HarborChart } from "../components/harborChart.ts";
import { HarborInstaller } from "../components/harborInstaller.ts";
import type { Settings } from "../settings.ts";
import { keyOfHarbor, sshKeyFor } from "../settings/sshKeys.ts";

/** What the other parts know of a Harbor that the stack installs, whichever way. */
export interface InstalledHarbor extends pulumi.Resource {
    /** The root that signs its certificate, PEM. */
    readonly caBundle: pulumi.Output<string>;
    /** When its certificate ends, RFC 3339. */
    readonly certificateExpiry: pulumi.Output<string>;
    /** First password of `admin`, once Harbor is up. Secret. */
    readonly adminPassword: pulumi.Output<string>;
}

/** Installs a Harbor. Undefined where the settings speak of none, or of one that is there already. */
export function installHarbor(settings: Settings, providers: pulumi.ProviderResource[]): InstalledHarbor | undefined {
    const { harbor, givenHarborPassword, harborCredentials } = settings;
    if (harbor?.install === undefined) return undefined;
    const { chart, installer, certificate, trustedRoots } = harbor.install;
    const password = givenHarborPassword ? { adminPassword: harborCredentials?.apply(({ admin }) => admin ?? "") } : {};
    const common = { url: harbor.url, certificate, trustedRoots, ...password };
    if (chart !== undefined) {
        const { path, ...rest } = chart;
        return new HarborChart("harbor-install", { ...common, ...rest, chart: path }, { providers });
    }
    if (installer === undefined) return undefined;
    const privateKey = settings.sshKeys.apply((keys) => sshKeyFor(keys, keyOfHarbor));
    return new HarborInstaller("harbor-install", { ...common, ...installer, privateKey }, { providers });
}
