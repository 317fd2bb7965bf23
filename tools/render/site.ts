import * as pulumi from "@pulumi/pulumi";

import { readSettings, type Settings } from "../../settings.ts";
import { secretKeys } from "../../settings/schema.ts";
import { buildSite } from "../../site.ts";
import { Refusal } from "../ca/refusal.ts";
import { placeholders, placeholderSites } from "./placeholders.ts";
import { registrationsOf, type Registered } from "./registrations.ts";
import { asConfiguration, type StackFile } from "./stackFile.ts";

/**
 * Everything that a stack of this configuration registers, without an engine and without a cluster.
 * Throws a `Refusal` with every mistake of the configuration.
 */
export async function registeredBy({ values, stoodInFor }: StackFile): Promise<Registered[]> {
    pulumi.runtime.setAllConfig(
        asConfiguration(values),
        [...secretKeys].map((key) => `siteregistry:${key}`),
    );
    const settings = checked(stoodInFor);
    return registrationsOf(() => buildSite(settings, [], undefined, placeholderSites(settings)), placeholders);
}

function checked(stoodInFor: readonly string[]): Settings {
    try {
        return readSettings();
    } catch (error) {
        if (!pulumi.RunError.isInstance(error)) throw error;
        const remedy =
            stoodInFor.length === 0
                ? "mend the stack's file"
                : `mend the stack's file; placeholders stand for: ${stoodInFor.join(", ")}`;
        throw new Refusal(error.message, remedy);
    }
}
