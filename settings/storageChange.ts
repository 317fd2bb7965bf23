import * as pulumi from "@pulumi/pulumi";

import type { StorageFacts } from "../components/registry/storage/facts.ts";
import type { PlainSettings } from "./schema.ts";

/**
 * Refuses settings that would cost the images which the last update has left, with the steps that save them.
 * `last` are that update's outputs. Throws one `RunError` before any resource is registered, in preview as well.
 */
export function refuseLostImages(settings: PlainSettings, last: Readonly<Record<string, unknown>>): void {
    const { storage } = last;
    if (storage === undefined) return;
    const losses = lostImages(storage as StorageFacts, settings.registry);
    if (losses.length === 0) return;
    throw new pulumi.RunError(`these changes would cost images, so nothing was done:\n  ${losses.join("\n  ")}`);
}

/** Why a volume that an update has made would be deleted or replaced by the next. Empty when it stays. */
export function lostImages(before: StorageFacts, now: PlainSettings["registry"]): string[] {
    if (before.kind !== "volume" || now === undefined) return []; // a section that is taken out removes a registry on purpose
    const { storage } = now;
    const claim = before.existingClaim ?? before.name;
    const made = before.existingClaim === undefined;
    const keepFirst = "first set registry.storage.keepOnDestroy to true and run `npx pulumi up`, then change this";
    const losses: string[] = [];
    const refuse = (key: string, is: unknown, was: unknown, remedy: string): void => {
        losses.push(`registry.${key}: is ${shown(is)}, was ${shown(was)}; ${remedy}`);
    };

    if (now.namespace !== before.namespace) {
        const steps =
            `make a stack of its own for the registry in ${now.namespace}, copy the images with \`skopeo sync\`, ` +
            "give its host to the new one, and destroy the old one";
        refuse("namespace", now.namespace, before.namespace, `a claim cannot leave its namespace: ${steps}`);
        return losses; // every other key speaks of a claim in the namespace
    }
    if (before.createNamespace && !now.createNamespace && !keepsNamespace(before)) {
        refuse("createNamespace", false, true, `the namespace would be deleted with the claim in it: ${keepFirst}`);
    }
    if (!made) return losses;
    if (storage.kind !== "volume" || storage.existingClaim !== undefined) {
        const key = storage.kind === "volume" ? "existingClaim" : "kind";
        if (before.keepOnDestroy !== true) {
            const was = key === "kind" ? before.kind : undefined;
            refuse(`storage.${key}`, storage[key], was, `the claim ${claim} would be deleted: ${keepFirst}`);
        }
        return losses;
    }
    const first =
        before.keepOnDestroy === true ? "" : "set registry.storage.keepOnDestroy to true and run `npx pulumi up`; ";
    const move =
        `the claim ${claim} would be deleted with its images. To move the images: ${first}` +
        `make a claim as you want it in the namespace ${before.namespace}; copy /var/lib/registry with a pod that mounts ` +
        "both, while nobody pushes; set registry.storage.existingClaim to the new claim and run `npx pulumi up`";
    if (now.name !== before.name) {
        const remedy = `the claim ${claim} keeps its name: ${first}set registry.storage.existingClaim to ${claim} as well`;
        refuse("name", now.name, before.name, remedy);
    }
    if (storage.storageClass !== before.storageClass) {
        refuse("storage.storageClass", storage.storageClass, before.storageClass, move);
    }
    if (storage.accessMode !== before.accessMode) {
        refuse("storage.accessMode", storage.accessMode, before.accessMode, move);
    }
    if (mebibytes(storage.size) < mebibytes(before.size ?? "0Mi")) {
        const remedy = move.replace(" would be deleted with its images", " cannot shrink");
        refuse("storage.size", storage.size, before.size, remedy);
    }
    return losses;
}

function keepsNamespace(before: StorageFacts): boolean {
    return before.keepOnDestroy === true || before.existingClaim !== undefined;
}

function shown(value: unknown): string {
    return value === undefined ? "not set" : JSON.stringify(value);
}

/** A size in MiB. The schema lets nothing through but a whole number with one of three units. */
function mebibytes(size: string): number {
    const units = { Mi: 1, Gi: 1024, Ti: 1024 * 1024 } as const;
    return Number.parseInt(size, 10) * units[size.slice(-2) as keyof typeof units];
}
