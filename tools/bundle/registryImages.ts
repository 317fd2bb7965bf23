import { parseReference, referenceText } from "../../components/images/reference.ts";
import { Refusal } from "../ca/refusal.ts";
import { CommandFailure, run } from "./command.ts";
import { isIndex, isManifest, type Descriptor } from "./layout.ts";
import type { Wanted } from "./wanted.ts";
import { imageName } from "./workFolder.ts";

/** An image of a registry as it was when the bundle began: what is taken, whatever happens to its tag since. */
export interface Listed {
    readonly wanted: Wanted;
    readonly descriptor: Descriptor;
    /** What a person should know of it, if anything. */
    readonly remark?: string;
}

/** What is taken of each image. */
export interface Taking {
    /** Platforms as `linux/amd64`; none means all. */
    readonly platforms: readonly string[];
    /** Whether signatures and whatever else belongs to an image come with it. */
    readonly attached: boolean;
}

/**
 * Looks up what an image is now. All copying is by the digest found here.
 * Copying is done by regctl and not by skopeo, which cannot read images of Docker's format out of an OCI layout, and
 * does not know what belongs to an image.
 */
export async function listImage(wanted: Wanted, { platforms }: Taking): Promise<Listed> {
    const { pinned } = wanted;
    const { digest, tag, ...repository } = parseReference(wanted.image);
    const byTag = tag === undefined ? undefined : referenceText({ ...repository, tag });
    if (pinned === undefined) return { wanted, descriptor: await head(byTag ?? wanted.image) };
    const descriptor = await head(referenceText({ ...repository, digest: pinned }));
    if (digest !== undefined && platforms.length > 0 && isIndex(descriptor)) {
        throw new Refusal(
            `${wanted.image} is named by the digest of all its platforms, and some of them would have another digest`,
            "leave --platform out, or name the image by its tag alone",
        );
    }
    const remark = byTag === undefined ? undefined : await moved(byTag, pinned);
    return { wanted, descriptor, ...(remark === undefined ? {} : { remark }) };
}

/**
 * Copies an image into a layout of its own. What is there already is not fetched again; with `whole`, nothing of the
 * image is looked at but what is attached to it.
 */
export async function copyImage(
    { wanted, descriptor }: Listed,
    layout: string,
    taking: Taking,
    whole: boolean,
): Promise<void> {
    const { registry, repository } = parseReference(wanted.image);
    const source = referenceText({ registry, repository, digest: descriptor.digest });
    const target = `ocidir://${layout}:${imageName}`;
    const attached = taking.attached ? ["--referrers", "--digest-tags"] : [];
    const [platform, ...more] = isIndex(descriptor) ? taking.platforms : [];
    if (more.length > 0) {
        const platforms = taking.platforms.flatMap((one) => ["--platform", one]);
        await run("regctl", ["index", "create", target, "--ref", source, ...platforms, ...attached]);
        return;
    }
    const only = platform === undefined ? [] : ["--platform", platform];
    const all = whole ? [] : ["--force-recursive"];
    await run("regctl", ["image", "copy", ...all, ...only, ...attached, source, target]);
}

/** What became of a tag since it was listed, if anything. */
export async function movedSince({ wanted, descriptor }: Listed): Promise<string | undefined> {
    const { digest, tag, ...repository } = parseReference(wanted.image);
    if (wanted.pinned !== undefined || digest !== undefined || tag === undefined) return undefined;
    return moved(referenceText({ ...repository, tag }), descriptor.digest);
}

async function moved(byTag: string, digest: string): Promise<string | undefined> {
    try {
        const now = await head(byTag);
        return now.digest === digest ? undefined : `its tag was moved to ${now.digest}; taken is ${digest}, as listed`;
    } catch (error) {
        if (error instanceof CommandFailure) return `its tag cannot be read any more; taken is ${digest}, as listed`;
        throw error;
    }
}

async function head(reference: string): Promise<Descriptor> {
    const format = ["--format", "{{json .GetDescriptor}}"];
    const answer = (await run("regctl", ["manifest", "head", ...format, reference])).toString();
    const found = JSON.parse(answer) as Descriptor;
    if (isManifest(found)) return found;
    throw new Refusal(
        `it is of a kind that nothing runs any more: ${found.mediaType}`,
        "push it anew, or leave it out",
    );
}
