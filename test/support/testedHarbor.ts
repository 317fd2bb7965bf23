import { readFileSync } from "node:fs";

import { RealOutside } from "../harbor/realOutside.ts";
import { HarborServer } from "../harbor/server.ts";

/** Something that Harbor lists. */
type Item = Record<string, unknown>;

/**
 * The Harbor that a test is about: a real one where `HARBOR_URL` names it, else a stand-in that copies for real.
 * `HARBOR_USERNAME` (default: admin) and `HARBOR_PASSWORD` log in, `HARBOR_CA` is a file of roots, PEM. A real one must reach the
 * test's own registry: `HARBOR_SOURCE_ADDRESS` is an address of this machine that it can (default: 127.0.0.1).
 */
export class TestedHarbor {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly caBundle: string | undefined;
    /** The stand-in, which also tells what was asked of it. Undefined for a real one. */
    readonly standIn: HarborServer | undefined;

    private constructor(url: string, password: string, standIn?: HarborServer) {
        const { HARBOR_USERNAME: username = "admin", HARBOR_CA: roots } = standIn === undefined ? process.env : {};
        this.url = url;
        this.username = username;
        this.password = password;
        this.caBundle = roots === undefined ? undefined : readFileSync(roots, "utf8");
        this.standIn = standIn;
    }

    /** Where the test's own registry is to listen. */
    static get sourceAddress(): string {
        return process.env.HARBOR_SOURCE_ADDRESS ?? "127.0.0.1";
    }

    /** `local` is the registry that keeps the stand-in's images. */
    static async start(skopeo: string[], local: string): Promise<TestedHarbor> {
        const { HARBOR_URL: url, HARBOR_PASSWORD: password } = process.env;
        if (url !== undefined) {
            if (password === undefined) throw new Error("HARBOR_URL needs HARBOR_PASSWORD beside it");
            return new TestedHarbor(url, password);
        }
        const standIn = await HarborServer.start({
            outside: new RealOutside(skopeo),
            local: { url: local },
            refreshMs: 500,
        });
        // What the stand-in begins with, as a real Harbor does.
        return new TestedHarbor(standIn.url, "Harbor12345", standIn);
    }

    async stop(): Promise<void> {
        await this.standIn?.close();
    }

    /** Where it is and who logs in, as settings. */
    get settings(): Item {
        const { url, username, caBundle } = this;
        return { url, username, ...(caBundle === undefined ? {} : { caBundle }) };
    }

    async api(method: string, path: string, body?: unknown): Promise<unknown> {
        const login = Buffer.from(`${this.username}:${this.password}`).toString("base64");
        const answer = await fetch(`${this.url}/api/v2.0${path}`, {
            method,
            headers: { Authorization: `Basic ${login}`, "Content-Type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status.toString()} ${text}`);
        return text === "" ? undefined : (JSON.parse(text) as unknown);
    }

    /** The one of that name under a path; undefined where there is none. */
    async named(path: string, name: string): Promise<Item | undefined> {
        const found = (await this.api("GET", `${path}?page_size=100`)) as Item[];
        return found.find((item) => item.name === name);
    }

    /** Digests of what a repository holds, by tag. */
    async digests(project: string, repository: string): Promise<Record<string, string>> {
        const path = `/projects/${project}/repositories/${encodeURIComponent(encodeURIComponent(repository))}/artifacts`;
        const found = (await this.api("GET", path)) as { digest: string; tags: { name: string }[] | null }[];
        const tags = found.flatMap(({ digest, tags }) => (tags ?? []).map(({ name }) => [name, digest] as const));
        return Object.fromEntries(tags);
    }
}
