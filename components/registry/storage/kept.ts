import * as pulumi from "@pulumi/pulumi";

import type { RegistryStackArgs } from "../registryStackArgs.ts";
import { retainVolume } from "./claim.ts";

/** What stays after `pulumi destroy`, and how it goes on. */
export interface KeptVolume {
    /** The claim, its volume and the namespace, in words. */
    stays: string;
    /** The commands after which `pulumi up` takes claim and namespace again. Empty where the settings do so already. */
    useAgain: string[];
    /** The two commands that remove volume and images for good. */
    removeForGood: string[];
}

/** What is told where `pulumi destroy` removes everything. */
export const nothingKept: KeptVolume = { stays: "nothing", useAgain: [], removeForGood: [] };

/** A claim that stays, in a namespace that stays. */
export interface KeptClaim {
    namespace: string;
    claim: string;
    /** Whether the settings name claim and namespace as ones that are there. */
    given: boolean;
}

/** Tells of a claim that stays. `volume` is the name of its PersistentVolume. */
export function keptVolume({ namespace, claim, given }: KeptClaim, volume: string): KeptVolume {
    const patch = `--patch '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'`;
    return {
        stays: `the claim ${claim} with its images, its volume ${volume}, and the namespace ${namespace} stay`,
        useAgain: given ? [] : useAgain(claim),
        removeForGood: [`kubectl patch persistentvolume ${volume} ${patch}`, `kubectl delete namespace ${namespace}`],
    };
}

function useAgain(claim: string): string[] {
    const set = "npx pulumi config set --path siteregistry:registry";
    return [`${set}.createNamespace false`, `${set}.storage.existingClaim ${claim}`];
}

/** A line of the preview of `pulumi destroy`. */
class Stays extends pulumi.ComponentResource {
    constructor(line: string, parent: pulumi.Resource) {
        super("siteregistry:index:StaysAfterDestroy", line, {}, { parent });
        this.registerOutputs({});
    }
}

/**
 * Has the preview of `pulumi destroy` say what stays and how it goes on. It runs no program, and prints neither messages
 * nor, but for `--diff`, the outputs that go away; what it prints is the name of each resource. So these names are the lines.
 */
export function announceKept({ namespace, claim, given }: KeptClaim, parent: pulumi.Resource): void {
    new Stays(`claim ${claim} and namespace ${namespace} stay`, parent);
    if (given) return;
    for (const [index, command] of useAgain(claim).entries()) {
        new Stays(`to use them again, ${(index + 1).toString()} of 2: ${command}`, parent);
    }
}

/** Keeps the volume behind the claim where it shall be kept, and tells of it. `server` is what uses the claim. */
export function keepVolume(
    name: string,
    args: Pick<RegistryStackArgs, "storage" | "objectName" | "namespace" | "createNamespace">,
    claimName: pulumi.Output<string> | undefined,
    server: pulumi.CustomResource,
    parent: pulumi.Resource,
): pulumi.Output<KeptVolume> {
    const { storage, namespace } = args;
    if (claimName === undefined || storage.kind !== "volume" || !storage.keepOnDestroy) {
        return pulumi.output(nothingKept);
    }
    const claim = storage.existingClaim ?? args.objectName;
    const kept = { namespace, claim, given: storage.existingClaim !== undefined && !args.createNamespace };
    const volume = retainVolume(name, { namespace, name: claimName }, server, { parent });
    announceKept(kept, parent);
    return volume.apply((bound) => keptVolume(kept, bound));
}
