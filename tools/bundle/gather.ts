import type { LockedImage } from "../../components/images/lock.ts";
import { eachOf } from "../../plugin/eachOf.ts";
import { Refusal } from "../ca/refusal.ts";
import { attachedTo } from "./attached.ts";
import { CommandFailure } from "./command.ts";
import { isPlatform, nameAnnotation, readIndex, type Descriptor } from "./layout.ts";
import { copyLocalImage, localIdentity } from "./localImages.ts";
import { bytesText, type Progress } from "./progress.ts";
import { copyImage, listImage, movedSince, type Listed, type Taking } from "./registryImages.ts";
import { Unchanged } from "./unchanged.ts";
import type { Wanted } from "./wanted.ts";
import { imageName, type WorkFolder } from "./workFolder.ts";

/** How images are gathered. */
export interface Gathering extends Taking {
    /** How many are copied at once. */
    readonly concurrency: number;
}

/** An image that is whole in the work folder. */
export interface Gathered {
    readonly locked: LockedImage;
    /** What the bundle's index names for it, by full reference: the image, and what is attached to it. */
    readonly named: ReadonlyMap<string, Descriptor>;
}

const goOn = "run it again: what was copied is kept";

/**
 * Brings every image into the work folder: first all digests are looked up, then what is missing is copied.
 * An image that fails does not keep the others from being copied; in the end one error names each that failed.
 */
export async function gather(
    wanted: readonly Wanted[],
    options: Gathering,
    work: WorkFolder,
    progress: Progress,
): Promise<Gathered[]> {
    const listed = new Map<string, Listed>();
    const same = new Unchanged(work);
    const unchanged = new Set<string>();
    const gathered: Gathered[] = [];
    const byName = new Map(wanted.map((one) => [one.image, one]));
    // Before the first program is started: where nothing has changed, none is.
    const remote = wanted.filter(({ local }) => local === undefined).map(({ image }) => image);
    const unknown = await eachOf(remote, options.concurrency, async (image) => {
        const one = byName.get(image) as Wanted;
        if (await same.is(one, keyOf(one, options), options.attached)) {
            unchanged.add(image);
            return;
        }
        const found = await listImage(one, options);
        listed.set(image, found);
        if (found.remark !== undefined) progress.say(`${image}: ${found.remark}`);
    });
    same.close();
    refuseFailed(unknown, byName, "cannot be found");
    progress.begin([...byName.keys()]);
    const disk = { full: false };
    const failed = await eachOf([...byName.keys()], options.concurrency, async (image) => {
        if (disk.full) return;
        try {
            const found = unchanged.has(image) ? "unchanged" : listed.get(image);
            gathered.push(await bring(byName.get(image) as Wanted, found, options, work, progress));
        } catch (error) {
            disk.full ||= error instanceof CommandFailure && error.diskFull;
            throw await explained(error, listed.get(image));
        }
    });
    progress.end();
    refuseFailed(failed, byName, disk.full ? "do not fit on the disk of the work folder" : "cannot be copied");
    return gathered.sort((one, other) => (one.locked.image < other.locked.image ? -1 : 1));
}

/** Which image, and what of it, for the work folder. */
function keyOf({ image, local }: Wanted, { platforms, attached }: Taking): string {
    return JSON.stringify([image, local ?? null, platforms, attached]);
}

/** `found` is what its registry says of it; undefined where it is in none. */
async function bring(
    wanted: Wanted,
    found: Listed | "unchanged" | undefined,
    options: Gathering,
    work: WorkFolder,
    progress: Progress,
): Promise<Gathered> {
    const key = keyOf(wanted, options);
    const before = work.present(key);
    const listed = found === "unchanged" ? undefined : found;
    const source =
        found === "unchanged"
            ? (before?.source ?? "")
            : (listed?.descriptor.digest ?? (await localIdentity(wanted.local ?? "")));
    const present = found === "unchanged" || before?.source === source;
    if (listed !== undefined && (!present || options.attached)) {
        if (!present) work.discard(work.missing([listed.descriptor]));
        const layout = present ? work.layout(key) : work.renew(key);
        const copy = () => copyImage(listed, layout, options, present);
        await copy().catch((error: unknown) => {
            if (!(error instanceof CommandFailure) || !error.unauthorized) throw error;
            return copy(); // its token may have ended on the way; another process begins with another
        });
    } else if (listed === undefined && !present) {
        await copyLocalImage(wanted.local ?? "", work.renew(key));
    }
    const index = readIndex(work.layout(key));
    const image = index.get(imageName);
    const missing = work.missing(index.values());
    if (image === undefined || missing.length > 0) {
        work.discard(missing);
        throw new Error(`of it did not arrive: ${missing.map(({ digest }) => digest).join(", ")}`);
    }
    const platforms = platformsOf(image, work, options.platforms);
    if (!present) work.finish(key, { source, digest: image.digest });
    const { locked, named } = attachedTo(wanted.image, work.layout(key), work.blobs);
    const bare = { mediaType: image.mediaType, digest: image.digest, size: image.size };
    const size = [...work.blobs.below(image).found.values()].reduce((sum, one) => sum + one.size, 0);
    const attached = locked.length === 0 ? "" : `, ${locked.length.toString()} attached`;
    const lacking = options.platforms.filter((asked) => !platforms.some((one) => isPlatform(one, asked)));
    if (lacking.length > 0) progress.say(`${wanted.image} has no ${lacking.join(" and no ")}`);
    progress.done(wanted.image, present ? `there already${attached}` : `${bytesText(size)}${attached}`);
    if (!present && listed !== undefined) {
        const remark = await movedSince(listed);
        if (remark !== undefined) progress.say(`${wanted.image}: ${remark}`);
    }
    return {
        locked: {
            image: wanted.image,
            digest: image.digest,
            mediaType: image.mediaType,
            platforms: options.platforms.length === 0 ? "all" : platforms,
            size,
            attached: locked,
        },
        named: new Map([[wanted.image, bare], ...named]),
    };
}

/** The platforms of what was taken. Refuses an image that has none of those that were asked for. */
function platformsOf(image: Descriptor, work: WorkFolder, asked: readonly string[]): string[] {
    const platforms = work.blobs.platforms(image);
    if (asked.length === 0 || asked.some((one) => platforms.some((has) => isPlatform(has, one)))) return platforms;
    const has = platforms.length === 0 ? "it names none" : `it is for ${platforms.join(", ")}`;
    throw new Refusal(`it has no ${asked.join(" and no ")}: ${has}`, "leave it out, or ask for another platform");
}

/** Says, where the content that was listed has gone, that its tag names another one by now. */
async function explained(error: unknown, listed: Listed | undefined): Promise<Error> {
    const cause = error instanceof Error ? error : new Error(String(error));
    if (error instanceof CommandFailure && error.noTagList) {
        return new Error(`${cause.message}; --without-attached takes images without listing tags`, { cause });
    }
    if (listed === undefined || !(error instanceof CommandFailure) || !/not found|404/i.test(error.message))
        return cause;
    const remark = await movedSince(listed).catch(() => undefined);
    return remark === undefined ? cause : new Error(`${cause.message}; ${remark}`, { cause });
}

function refuseFailed(failed: ReadonlyMap<string, Error>, wanted: ReadonlyMap<string, Wanted>, what: string): void {
    if (failed.size === 0) return;
    // What is missing on this machine is the same for each.
    const [first] = failed.values();
    const same = [...failed.values()].every(({ message }) => message === first?.message);
    if (first instanceof Refusal && same && /is not installed/.test(first.message)) throw first;
    const lines = [...failed].map(([image, error]) => {
        const from = wanted.get(image)?.from ?? "";
        return `${image} (${from}): ${error.message.split("\n").join(" ")}`;
    });
    throw new Refusal(
        [`${failed.size.toString()} of ${wanted.size.toString()} images ${what}:`, ...lines].join("\n  "),
        goOn,
    );
}

/** The index of the bundle: one descriptor for each name, in one order. */
export function indexOf(gathered: readonly Gathered[]): { manifests: Descriptor[]; text: string } {
    const named = new Map(gathered.flatMap(({ named }) => [...named]));
    const manifests = [...named]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { mediaType, digest, size }]) => ({
            mediaType,
            digest,
            size,
            annotations: { [nameAnnotation]: name },
        }));
    const mediaType = "application/vnd.oci.image.index.v1+json";
    return { manifests, text: JSON.stringify({ schemaVersion: 2, mediaType, manifests }) };
}
