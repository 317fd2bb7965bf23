import { parseReference } from "../../components/images/reference.ts";
import { Limiter } from "../../plugin/registry/limiter.ts";
import { RegistryClient } from "../../plugin/registry/registryClient.ts";
import { isManifest, readIndex } from "./layout.ts";
import { accessTo } from "./registryAccess.ts";
import type { Wanted } from "./wanted.ts";
import type { WorkFolder } from "./workFolder.ts";

/** Requests in flight to one registry. */
const atOnce = 10;
/** A tag made of a digest, and the one that is the list of what refers to it. */
const digestTag = /^(sha256-[0-9a-f]{64})(.*)$/;

/**
 * Tells of an image that is in the work folder whether its registry still has the same, by a few small requests and without starting a
 * program. Where it cannot tell, the answer is no, and regctl looks.
 */
export class Unchanged {
    private readonly work: WorkFolder;
    private readonly clients = new Map<string, RegistryClient | undefined>();

    constructor(work: WorkFolder) {
        this.work = work;
    }

    close(): void {
        for (const client of this.clients.values()) client?.close();
    }

    /** `key` is the image's in the work folder. With `attached`, nothing new belongs to the image either. */
    async is({ image, pinned }: Wanted, key: string, attached: boolean): Promise<boolean> {
        const source = this.work.present(key)?.source;
        if (source === undefined || (pinned !== undefined && pinned !== source)) return false;
        const { registry, repository, tag } = parseReference(image);
        const client = this.clientOf(registry);
        // What is named by its digest alone cannot have changed.
        if (client === undefined) return tag === undefined && !attached;
        try {
            if (tag !== undefined && (await client.digest(repository, tag)) !== source) return false;
            return !attached || (await this.attachedIs(client, repository, this.work.layout(key)));
        } catch {
            return false;
        }
    }

    /** Whether everything that belongs to the image in the layout is in there too. What was removed upstream stays. */
    private async attachedIs(client: RegistryClient, repository: string, layout: string): Promise<boolean> {
        const { blobs } = this.work;
        const index = readIndex(layout);
        const known = new Set<string>();
        const tops = [...index].flatMap(([name, top]) => {
            if (digestTag.exec(name)?.[2] !== "") return [top];
            const referrers = blobs.manifest(top.digest)?.manifests ?? [];
            for (const { digest } of referrers) known.add(digest);
            return referrers;
        });
        const subjects = new Set(
            tops.flatMap((top) => [...blobs.below(top).found.values()].filter(isManifest).map(({ digest }) => digest)),
        );
        const prefixes = new Set([...subjects].map((digest) => digest.replace(":", "-")));
        const tags = (await client.tags(repository)).filter((tag) => {
            const [, prefix = "", more = ""] = digestTag.exec(tag) ?? [];
            return more !== "" && prefixes.has(prefix);
        });
        const same = await Promise.all([
            ...tags.map(async (tag) => (await client.digest(repository, tag)) === index.get(tag)?.digest),
            ...[...subjects].map(async (subject) =>
                (await client.referrers(repository, subject)).every(({ digest }) => known.has(digest)),
            ),
        ]);
        return same.every((one) => one);
    }

    private clientOf(registry: string): RegistryClient | undefined {
        if (!this.clients.has(registry)) {
            const access = accessTo(registry);
            this.clients.set(registry, access && new RegistryClient(access, new Limiter(atOnce)));
        }
        return this.clients.get(registry);
    }
}
