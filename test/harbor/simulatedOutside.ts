import type { Blob, Copy, Endpoint, Health, Image, Outside } from "./outside.ts";

/** A registry that exists in memory only. */
export interface SimulatedRegistry {
    /** What it answers to strangers: `open` to everyone, `closed` with 401, `down` not at all, `any` with 200 to every path. */
    manner: "open" | "closed" | "down" | "any";
    /** User and password that a closed one wants. */
    login?: readonly [string, string];
    /** The body of its 401 where it has one of its own. */
    refusal?: string;
    /** PEM of the certificate authority that it can be checked with; absent where it speaks plain HTTP. */
    ca?: string;
    /** Whether Harbor's `/api/version` is there. */
    readonly harbor?: boolean;
    /** Repositories, and the image of each tag. */
    readonly content: Map<string, Map<string, Image>>;
    /** Blobs that are named but missing. */
    readonly broken: Set<string>;
}

/** A registry in memory that holds nothing. */
export function emptyRegistry(given: Partial<SimulatedRegistry> = {}): SimulatedRegistry {
    return { manner: "open", content: new Map(), broken: new Set(), ...given };
}

/** Registries in memory, by URL. Any other URL is a port where nobody listens. */
export class SimulatedOutside implements Outside {
    readonly registries = new Map<string, SimulatedRegistry>();

    health(endpoint: Endpoint): Promise<Health> {
        const registry = this.at(endpoint);
        const unreachable = registry === undefined || registry.manner === "down" || !trusts(endpoint, registry);
        const key = endpoint.credential?.key;
        if (endpoint.type === "harbor" && unreachable) return Promise.resolve("fault");
        if (endpoint.type === "docker-hub" && unreachable && key !== undefined) return Promise.resolve("fault");
        const refused = !unreachable && key !== undefined && !mayEnter(endpoint, registry);
        return Promise.resolve(unreachable || refused ? "unhealthy" : "healthy");
    }

    catalog(endpoint: Endpoint): Promise<string[]> {
        const registry = this.entered(endpoint, "registry", "catalog", "*");
        return Promise.resolve([...registry.content.keys()].sort());
    }

    tags(endpoint: Endpoint, repository: string): Promise<string[]> {
        const about = `failed to list artifacts of repository ${repository}: `;
        const registry = this.entered(endpoint, "repository", repository, "pull", about);
        const tags = registry.content.get(repository);
        if (tags === undefined) throw new Error(`${about}${unknownName(repository)}`);
        return Promise.resolve([...tags.keys()]);
    }

    image(endpoint: Endpoint, repository: string, tag: string): Promise<Image | undefined> {
        return Promise.resolve(this.at(endpoint)?.content.get(repository)?.get(tag));
    }

    blob(endpoint: Endpoint, repository: string, blob: Blob): Promise<string | undefined> {
        const content = this.at(endpoint)?.content ?? new Map<string, Map<string, Image>>();
        const names = [repository, ...[...content.keys()].filter((name) => name !== repository)];
        const holds = (name: string): boolean =>
            this.kept(endpoint, name).has(blob.digest) ||
            [...(content.get(name)?.values() ?? [])].some((image) => blobsOf(image).includes(blob.digest));
        return Promise.resolve(names.find(holds));
    }

    copyBlob(copy: Copy, blob: Blob): Promise<void> {
        if (this.at(copy.from)?.broken.has(blob.digest) === true) throw new Error(cutOff(copy, blob));
        this.kept(copy.to, copy.target).add(blob.digest);
        return Promise.resolve();
    }

    finish(copy: Copy): Promise<void> {
        const content = this.at(copy.to)?.content;
        const tags = content?.get(copy.target) ?? new Map<string, Image>();
        tags.set(copy.tag, copy.image);
        content?.set(copy.target, tags);
        return Promise.resolve();
    }

    remove(endpoint: Endpoint, repository: string, tag: string): Promise<void> {
        this.at(endpoint)?.content.get(repository)?.delete(tag);
        return Promise.resolve();
    }

    /** Blobs that were copied into a repository whose tag has not been made. */
    private readonly uploaded = new Map<string, Set<string>>();

    private kept(endpoint: Endpoint, repository: string): Set<string> {
        const key = `${endpoint.url} ${repository}`;
        const set = this.uploaded.get(key) ?? new Set();
        this.uploaded.set(key, set);
        return set;
    }

    /** A registry of the table may answer every path below its URL, or its own URL alone. */
    private at(endpoint: Endpoint): SimulatedRegistry | undefined {
        const url = endpoint.url.replace(/\/$/, "").replace(/^(https?:\/\/)([^/]*)/, (all) => all.toLowerCase());
        const own = this.registries.get(url);
        if (own !== undefined) return own;
        const root = this.registries.get(/^https?:\/\/[^/]*/.exec(url)?.[0] ?? "");
        return root?.manner === "any" ? root : undefined;
    }

    private entered(endpoint: Endpoint, kind: string, name: string, action: string, about = ""): SimulatedRegistry {
        const registry = this.at(endpoint);
        const host = new URL(endpoint.url).host;
        const address = `192.0.2.10:${host.split(":")[1] ?? "80"}`;
        if (registry === undefined || registry.manner === "down")
            throw new Error(`${about}Get "${endpoint.url}/v2/": dial tcp ${address}: connect: connection refused`);
        if (mayEnter(endpoint, registry)) return registry;
        const detail = [{ Type: kind, Class: "", Name: name, Action: action }];
        const error = { code: "UNAUTHORIZED", message: "authentication required", detail };
        const body = registry.refusal ?? `${JSON.stringify({ errors: [error] })}\n`;
        throw new Error(`${about}http status code: 401, body: ${body}`);
    }
}

function mayEnter(endpoint: Endpoint, registry: SimulatedRegistry): boolean {
    if (registry.manner !== "closed") return true;
    const [user, password] = registry.login ?? [];
    return user !== undefined && endpoint.credential?.key === user && (endpoint.credential.secret ?? "") === password;
}

/** A certificate authority that is given is asked even when the check is switched off. */
function trusts(endpoint: Endpoint, registry: SimulatedRegistry): boolean {
    if (registry.ca === undefined) return true;
    if (endpoint.caCertificate.trim() !== "") return bare(endpoint.caCertificate).includes(bare(registry.ca));
    return endpoint.insecure;
}

function bare(pem: string): string {
    return pem.replace(/\s/g, "");
}

function unknownName(name: string): string {
    const error = { code: "NAME_UNKNOWN", message: "repository name not known to registry", detail: { name } };
    return `http status code: 404, body: ${JSON.stringify({ errors: [error] })}\n`;
}

function blobsOf(image: Image): string[] {
    return [...image.blobs.map((blob) => blob.digest), ...(image.children ?? []).flatMap(blobsOf)];
}

/** What Go says of an upload whose source ends too early. */
function cutOff(copy: Copy, blob: Blob): string {
    const upload = `${copy.to.url}/v2/${copy.target}/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`;
    return `Put "${upload}": readfrom tcp: unexpected EOF`;
}
