/** Where an image is: what people write as `redis:7` or `registry.k8s.io/pause@sha256:…`, in its full form. */
export interface ImageReference {
    /** Host, and port where it is not the usual one: `docker.io`, `registry.site.test:5000`. */
    readonly registry: string;
    /** Path in that registry, of lower case: `library/redis`. */
    readonly repository: string;
    /** `latest` where the text had neither tag nor digest. */
    readonly tag?: string;
    /** `sha256:` and 64 digits. Decides where a tag is there too. */
    readonly digest?: string;
}

/** Docker Hub by the name that image references use, and by an older one. */
const dockerHub = "docker.io";
const oldDockerHub = "index.docker.io";

const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const registryPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const repositoryPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
/** Longest registry and repository together, in characters. */
const longestName = 255;

/** Whether the text is a digest as this program knows them: `sha256:` and 64 hexadecimal digits of lower case. */
export function isDigest(text: string): boolean {
    return digestPattern.test(text);
}

/**
 * Takes an image reference apart, by the rules of Docker and containerd: without a registry it is Docker Hub's, there
 * without a folder it is `library/`'s, and without tag and digest it is `latest`.
 * Throws an error that quotes the text and says what is wrong with it.
 * (https://github.com/distribution/reference/blob/v0.6.0/normalize.go)
 */
export function parseReference(text: string): ImageReference {
    const refuse = (problem: string): never => {
        throw new Error(`"${text}" is no image reference: ${problem}`);
    };
    if (text === "") refuse("it is empty");
    if (/\s/.test(text)) refuse("it has white space in it");
    if (/^\w+:\/\//.test(text)) refuse("write it without the scheme, as registry/repository:tag");
    const [named = "", digest, ...more] = text.split("@");
    if (more.length > 0) refuse("it has more than one @");
    if (digest !== undefined && !isDigest(digest)) {
        refuse("what follows the @ must be sha256: and 64 hexadecimal digits of lower case");
    }
    const { registry, rest } = splitRegistry(named);
    // A colon of the registry's port is before a slash, and was split off with it.
    const colon = rest.indexOf(":");
    const path = colon < 0 ? rest : rest.slice(0, colon);
    const tag = colon < 0 ? undefined : rest.slice(colon + 1);
    const repository = registry === dockerHub && !path.includes("/") ? `library/${path}` : path;
    if (!registryPattern.test(registry)) refuse(`"${registry}" is no host[:port]`);
    if (path === "") refuse("it names no repository");
    if (path !== path.toLowerCase()) refuse("a repository is of lower case");
    if (!repositoryPattern.test(path)) {
        refuse(`"${path}" is no repository: a-z and 0-9, with single . _ or - between them, and / between folders`);
    }
    if (registry.length + 1 + repository.length > longestName) refuse(`it is longer than ${longestName.toString()}`);
    if (tag !== undefined && !tagPattern.test(tag)) {
        refuse(`"${tag}" is no tag: at most 128 of letters, digits, _ . and -, the first neither . nor -`);
    }
    if (digest === undefined) return { registry, repository, tag: tag ?? "latest" };
    return { registry, repository, ...(tag === undefined ? {} : { tag }), digest };
}

/** The full form of a reference: `docker.io/library/redis:7`. Reading it again gives the same reference. */
export function referenceText({ registry, repository, tag, digest }: ImageReference): string {
    const tagged = tag === undefined ? "" : `:${tag}`;
    return `${registry}/${repository}${tagged}${digest === undefined ? "" : `@${digest}`}`;
}

/** What looks like no host is a folder of Docker Hub. */
function splitRegistry(named: string): { registry: string; rest: string } {
    const slash = named.indexOf("/");
    const first = named.slice(0, Math.max(slash, 0));
    const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
    if (slash < 0 || !isHost) return { registry: dockerHub, rest: named };
    return { registry: first === oldDockerHub ? dockerHub : first, rest: named.slice(slash + 1) };
}
