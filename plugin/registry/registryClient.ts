import type { Limiter } from "./limiter.ts";
import { Transport, type Answer, type Connection } from "./transport.ts";

const index = "application/vnd.oci.image.index.v1+json";
/** Every kind of manifest: a registry answers with another one, and so another digest, where the kind is not named. */
const manifests = [
    index,
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
/** What Docker Hub calls itself, and what references call it, is not where its images are. */
const hosts: Readonly<Record<string, string>> = {
    "https://hub.docker.com": "https://registry-1.docker.io",
    "https://docker.io": "https://registry-1.docker.io",
};

/** An answer that is of no use, in words. */
export class RegistryError extends Error {
    /** HTTP status. */
    readonly status: number;

    constructor(status: number, message: string) {
        super(message);
        this.status = status;
    }
}

/** Something that says by its `subject` that it belongs to another manifest. */
export interface ReferrerFound {
    readonly digest: string;
    /** What it is; undefined where the list does not say. */
    readonly artifactType?: string;
}

/** Of a list of manifests, what is read. */
interface IndexRead {
    readonly manifests?: readonly ReferrerFound[];
}

/** Reads tags, digests and lists of a registry, by the distribution API. It fetches no content. */
export class RegistryClient {
    /** Whether it has answered with tokens, which end by themselves. */
    givesTokens = false;
    private readonly connection: Connection;
    private readonly transport: Transport;
    private readonly limiter: Limiter;
    private readonly tokens = new Map<string, string>();
    private readonly logins = new Map<string, Promise<string>>();
    /** Where the registry takes the login itself, it does so for every repository. */
    private basic: string | undefined;

    constructor(connection: Connection, limiter: Limiter) {
        this.connection = { ...connection, url: hosts[connection.url] ?? connection.url };
        this.transport = new Transport({ ...this.connection, username: undefined }, 20);
        this.limiter = limiter;
    }

    /** Every tag of a repository; none where it is not there. */
    async tags(repository: string): Promise<string[]> {
        const pages = await this.pages(`/v2/${repository}/tags/list?n=1000`, repository, {});
        return (pages ?? []).flatMap((page) => (page as { tags?: string[] | null }).tags ?? []);
    }

    /**
     * What points to a digest by `subject`, at one remove; none where nothing does. A registry without an API for that has a list
     * under the tag `sha256-<digits>` (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers).
     */
    async referrers(repository: string, digest: string): Promise<readonly ReferrerFound[]> {
        const path = `/v2/${repository}/referrers/${digest}`;
        const pages = await this.pages(path, repository, { accept: index }).catch((error: unknown) => {
            // Not every registry says of a path that it does not know that it is not there.
            if (error instanceof RegistryError && [400, 405, 501].includes(error.status)) return undefined;
            throw error;
        });
        if (pages !== undefined) return pages.flatMap((page) => (page as IndexRead).manifests ?? []);
        return this.parts(repository, digest.replace(":", "-"));
    }

    /** The manifests that an index names; none where it is no index, or is not there. */
    async parts(repository: string, tag: string): Promise<readonly ReferrerFound[]> {
        const path = `/v2/${repository}/manifests/${tag}`;
        const answer = await this.send("GET", path, repository, { accept: manifests });
        if (answer.status === 404) return [];
        this.refuseUnless200(answer, path);
        return (JSON.parse(answer.text) as IndexRead).manifests ?? [];
    }

    /** Logs in before many requests are sent at once, each of which would be refused first. */
    async greet(): Promise<void> {
        const answer = await this.limiter.run(() => this.transport.send("GET", "/v2/", {}));
        if (answer.status === 401 && !/^bearer/i.test(answer.headers["www-authenticate"] ?? "")) {
            this.basic = await this.login(answer);
        }
    }

    /** The digest of a tag, or of a digest; undefined where it is not there. */
    async digest(repository: string, tag: string): Promise<string | undefined> {
        const path = `/v2/${repository}/manifests/${tag}`;
        const answer = await this.send("HEAD", path, repository, { accept: manifests });
        if (answer.status === 404) return undefined;
        this.refuseUnless200(answer, path);
        return answer.headers["docker-content-digest"]?.toString();
    }

    close(): void {
        this.transport.close();
    }

    /** Each page of a list; undefined where there is no such list. */
    private async pages(
        first: string,
        repository: string,
        headers: Record<string, string>,
    ): Promise<unknown[] | undefined> {
        const found: unknown[] = [];
        let path: string | undefined = first;
        while (path !== undefined) {
            const answer: Answer = await this.send("GET", path, repository, headers);
            if (answer.status === 404) return found.length === 0 ? undefined : found;
            this.refuseUnless200(answer, path);
            found.push(JSON.parse(answer.text));
            const next = /<([^>]+)>;\s*rel="?next/.exec(answer.headers.link?.toString() ?? "")?.[1];
            path = next === undefined ? undefined : pathOf(new URL(next, new URL(path, this.connection.url)));
        }
        return found;
    }

    private async send(
        method: string,
        path: string,
        repository: string,
        headers: Record<string, string> = {},
    ): Promise<Answer> {
        const once = (token: string | undefined): Promise<Answer> => {
            const login: Record<string, string> = token === undefined ? {} : { authorization: token };
            return this.limiter.run(() => this.transport.send(method, path, { headers: { ...headers, ...login } }));
        };
        const shown = this.tokens.get(repository) ?? this.basic;
        const answer = await once(shown);
        if (answer.status !== 401) return answer;
        const other = this.tokens.get(repository);
        return once(other === undefined || other === shown ? await this.renewed(repository, answer) : other);
    }

    /** Logs in again for a repository; several requests that are refused at the same time share one login. */
    private renewed(repository: string, refused: Answer): Promise<string> {
        const underWay = this.logins.get(repository);
        if (underWay !== undefined) return underWay;
        const login = this.login(refused)
            .then((token) => {
                this.tokens.set(repository, token);
                return token;
            })
            .finally(() => this.logins.delete(repository));
        this.logins.set(repository, login);
        return login;
    }

    /** What the registry asks for: a token of the server that it names, or the login itself. */
    private async login({ headers }: Answer): Promise<string> {
        const challenge = headers["www-authenticate"] ?? "";
        const { username, password = "" } = this.connection;
        const basic = `Basic ${Buffer.from(`${username ?? ""}:${password}`).toString("base64")}`;
        if (!/^bearer/i.test(challenge)) return basic;
        const asked = Object.fromEntries(
            [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
        );
        const realm = new URL(asked.realm ?? "");
        if (asked.service !== undefined) realm.searchParams.set("service", asked.service);
        if (asked.scope !== undefined) realm.searchParams.set("scope", asked.scope);
        // The way that leads to the registry leads to nobody else.
        const dial = realm.origin === new URL(this.connection.url).origin ? this.connection.dial : undefined;
        const server = new Transport({ ...this.connection, url: realm.origin, username: undefined, dial }, 1);
        try {
            const login: Record<string, string> = username === undefined ? {} : { authorization: basic };
            const answer = await this.limiter.run(() => server.send("GET", pathOf(realm), { headers: login }));
            this.refuseUnless200(answer, realm.pathname);
            const { token, access_token: other } = JSON.parse(answer.text) as { token?: string; access_token?: string };
            this.givesTokens = true;
            return `Bearer ${token ?? other ?? ""}`;
        } finally {
            server.close();
        }
    }

    private refuseUnless200({ status }: Answer, path: string): void {
        if (status === 200) return;
        throw new RegistryError(
            status,
            `${this.connection.url} answers ${path.split("?")[0] ?? path} with ${status.toString()}, so digests cannot be compared`,
        );
    }
}

function pathOf({ pathname, search }: URL): string {
    return `${pathname}${search}`;
}
