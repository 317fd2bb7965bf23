import { isRecord } from "../../settings/record.ts";
import { Refusal } from "../ca/refusal.ts";

/** Where the comments of one change are. */
export interface Forge {
    /** Address of its comments. */
    readonly comments: string;
    /** Address of one of them. */
    readonly comment: (id: string) => string;
    readonly headers: Readonly<Record<string, string>>;
    /** How a comment is changed. */
    readonly update: "PATCH" | "PUT";
    /** The right that its token needs. */
    readonly right: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** GitHub, or a server of one's own, as GitHub Actions tells of it. `REVIEW_NUMBER` is the pull request's. */
export function github(variables: Variables): Forge {
    const [api, repository, token, number] = wanted(variables, [
        ...["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN", "REVIEW_NUMBER"],
    ]);
    const issues = `${api ?? ""}/repos/${repository ?? ""}/issues`;
    return {
        comments: `${issues}/${number ?? ""}/comments`,
        comment: (id) => `${issues}/comments/${id}`,
        headers: { authorization: `Bearer ${token ?? ""}`, accept: "application/vnd.github+json" },
        update: "PATCH",
        right: "pull-requests: write",
    };
}

/** GitLab, as GitLab CI tells of it. `REVIEW_TOKEN` is a project access token. */
export function gitlab(variables: Variables): Forge {
    const [api, project, number, token] = wanted(variables, [
        ...["CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "REVIEW_TOKEN"],
    ]);
    const notes = `${api ?? ""}/projects/${project ?? ""}/merge_requests/${number ?? ""}/notes`;
    return {
        comments: notes,
        comment: (id) => `${notes}/${id}`,
        headers: { "private-token": token ?? "" },
        update: "PUT",
        right: "the scope api and the role Reporter",
    };
}

/**
 * Writes the comment that begins with `marker`: changes the one that is there, or makes it. Returns what it did.
 * Throws a `Refusal` where the forge does not answer or does not let it.
 */
export async function writeComment(forge: Forge, marker: string, body: string): Promise<"made" | "changed" | "same"> {
    const before = await findComment(forge, marker);
    if (before === undefined) {
        await ask(forge, "POST", forge.comments, { body });
        return "made";
    }
    // Some forges take the space off the end.
    if (before.body.trim() === body.trim()) return "same";
    await ask(forge, forge.update, forge.comment(before.id), { body });
    return "changed";
}

async function findComment(forge: Forge, marker: string): Promise<{ id: string; body: string } | undefined> {
    const size = 100;
    for (let page = 1; ; page += 1) {
        const url = `${forge.comments}?per_page=${size.toString()}&page=${page.toString()}`;
        const answer = await ask(forge, "GET", url);
        const comments = Array.isArray(answer) ? answer.filter(isRecord) : [];
        const own = comments.find(({ body }) => String(body).startsWith(marker));
        if (own !== undefined) return { id: String(own.id), body: String(own.body) };
        if (comments.length < size) return undefined;
    }
}

async function ask(forge: Forge, method: string, url: string, content?: object): Promise<unknown> {
    let response: Response;
    try {
        response = await fetch(url, {
            method,
            headers: { ...forge.headers, ...(content === undefined ? {} : { "content-type": "application/json" }) },
            ...(content === undefined ? {} : { body: JSON.stringify(content) }),
            signal: AbortSignal.timeout(30_000),
        });
    } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
        throw new Refusal(
            `${url} does not answer: ${cause}`,
            "is the address of the forge's API right, and reached from here?",
        );
    }
    if (response.ok) return await response.json();
    const denied = [401, 403, 404].includes(response.status);
    const remedy = denied ? `its token needs: ${forge.right}` : "run it again; the comment is made or changed then";
    throw new Refusal(`${method} ${url} was answered ${response.status.toString()}`, remedy);
}

function wanted(variables: Variables, names: readonly string[]): (string | undefined)[] {
    const missing = names.filter((name) => (variables[name] ?? "") === "");
    if (missing.length > 0)
        throw new Refusal(`there is no ${missing.join(", no ")}`, "set it in the job's environment");
    return names.map((name) => variables[name]);
}
