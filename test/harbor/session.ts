import { randomBytes } from "node:crypto";

import type { Request } from "./message.ts";
import { Refusal } from "./refusal.ts";

/** What a request's cookies make of it. */
export interface Visit {
    readonly headers: Record<string, string | string[]>;
    readonly cookies: readonly string[];
    /** Why the request goes no further. */
    readonly refusal?: Refusal;
}

const safe = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * The sessions that Harbor begins for everyone, and what it demands of whoever comes back with their cookie: a token against forged requests.
 * A session of its own never logs anybody in here.
 */
export class Sessions {
    private readonly known = new Set<string>();
    /** The tokens that were given out with each cookie. */
    private readonly tokens = new Map<string, Set<string>>();

    visit(request: Request): Visit {
        const cookies = cookiesOf(request);
        const sid = cookies.get("sid");
        if (sid === undefined) return { headers: {}, cookies: [this.begin()] };
        const old = cookies.get("_gorilla_csrf");
        const secret = old !== undefined && this.tokens.has(old) ? old : randomBytes(48).toString("base64url");
        const token = randomBytes(64).toString("base64");
        const given = this.tokens.get(secret) ?? new Set<string>();
        const sent = request.headers["x-harbor-csrf-token"];
        const right = typeof sent === "string" && given.has(sent);
        this.tokens.set(secret, given.add(token));
        const life = "Path=/; Max-Age=43200; HttpOnly; SameSite=Strict";
        const secrets = secret === old ? [] : [`_gorilla_csrf=${secret}; ${life}`];
        const headers = { "X-Harbor-Csrf-Token": token };
        if (!safe.has(request.method) && !right) {
            const why = sent === undefined ? "CSRF token not found in request" : "CSRF token invalid";
            return { headers, cookies: secrets, refusal: new Refusal(403, why) };
        }
        const session = this.known.has(sid) ? [] : [this.begin()];
        return { headers: { ...headers, Vary: "Cookie" }, cookies: [...secrets, ...session] };
    }

    private begin(): string {
        const sid = randomBytes(16).toString("hex");
        this.known.add(sid);
        return `sid=${sid}; Path=/; HttpOnly`;
    }
}

function cookiesOf(request: Request): Map<string, string> {
    const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
    return new Map(pairs.map(([name = "", ...value]) => [name, value.join("=")]));
}
