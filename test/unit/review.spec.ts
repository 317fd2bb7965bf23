import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { commentOf, markerOf } from "../../tools/review/comment.ts";
import { github, gitlab, writeComment, type Forge } from "../../tools/review/forge.ts";
import { readViolations } from "../../tools/review/policyEvents.ts";
import { isPersistent, readPreview } from "../../tools/review/preview.ts";

function step(op: string, type: string, name: string, more: object = {}): object {
    return { op, urn: `urn:pulumi:dev::siteregistry::siteregistry:index:RegistryStack$${type}::${name}`, ...more };
}

const claim = "kubernetes:core/v1:PersistentVolumeClaim";
const preview = JSON.stringify({
    steps: [
        step("same", "kubernetes:core/v1:Service", "registry-service"),
        { op: "update", urn: "urn:pulumi:dev::siteregistry::pulumi:providers:kubernetes::cluster" },
        step("create", "kubernetes:core/v1:ConfigMap", "registry-config"),
        step("create-replacement", claim, "registry-storage"),
        step("replace", claim, "registry-storage", {
            diffReasons: ["spec"],
            newState: { inputs: { spec: "hunter2" } },
        }),
        step("delete-replaced", claim, "registry-storage"),
        step("update", "kubernetes:apps/v1:Deployment", "registry-server", {
            detailedDiff: { "spec.template": { kind: "update" } },
        }),
    ],
});

describe("review: what a preview says", () => {
    it("tells each change once, with its keys and never a value", () => {
        const { changes } = readPreview(preview);
        assert.deepEqual(
            changes.map(({ action, name, keys, persistent }) => [action, name, keys, persistent]),
            [
                ["created", "registry-config", [], false],
                ["replaced", "registry-storage", ["spec"], true],
                ["updated", "registry-server", ["spec.template"], false],
            ],
        );
        const comment = commentOf({ stack: "dev", preview: readPreview(preview) });
        assert.ok(!comment.includes("hunter2"));
        assert.ok(comment.indexOf("registry-storage") < comment.indexOf("registry-config"), "persistent things first");
        assert.match(comment, /1 created, 1 updated, 1 replaced/);
    });

    it("knows what cannot be made again", () => {
        for (const type of [claim, "kubernetes:quay.redhat.com/v1:QuayRegistry", "siteregistry:index:QuayRobot"])
            assert.ok(isPersistent(type), type);
        for (const type of ["siteregistry:index:QuayRegistry", "kubernetes:core/v1:Service"])
            assert.ok(!isPersistent(type), type);
    });

    it("tells errors, and refuses what is no preview", () => {
        const failed = JSON.stringify({ diagnostics: [{ severity: "error", message: "registry.host: is taken" }] });
        assert.match(commentOf({ stack: "dev", preview: readPreview(failed) }), /failed[^]*registry\.host: is taken/);
        for (const text of ["", "[]", "{}"]) assert.throws(() => readPreview(text), /pulumi preview --json/);
    });
});

describe("review: what policies say in a preview", () => {
    const event = (enforcementLevel: string, policyName: string, resourceUrn = "") =>
        JSON.stringify({
            policyEvent: { enforcementLevel, policyName, resourceUrn, message: `<{%reset%}>why ${policyName}` },
        });

    it("is in the comment, what ends the preview first", () => {
        const urn = "urn:pulumi:dev::siteregistry::kubernetes:core/v1:PersistentVolumeClaim::registry-storage";
        const log = [
            '{"sequence":1,"preludeEvent":{}}',
            event("warning", "exact-tags"),
            event("mandatory", "kept-data", urn),
        ];
        const violations = readViolations(log.join("\n"));
        const comment = commentOf({ stack: "dev", violations });
        assert.match(
            comment,
            /mandatory kept-data \(registry-storage\): why kept-data\nadvisory exact-tags: why exact-tags/,
        );
        assert.match(
            commentOf({ stack: "dev", violations: readViolations(log[0] ?? "") }),
            /preview:\*\* no violation/,
        );
    });

    it("is refused where it is no log of events", () => {
        for (const text of ["", "no", "[]"]) assert.throws(() => readViolations(text), /--event-log FILE/);
    });
});

describe("review: the comment", () => {
    it("holds what was made and nothing else, and no text in it ends its block", () => {
        const difference = "+ ```\n+ # heading\n";
        const comment = commentOf({ stack: "dev", policies: "dev: 10 policies, 0 violations\n", difference });
        assert.ok(comment.startsWith(markerOf("dev")));
        assert.match(comment, /No preview was made/);
        assert.match(comment, /````diff\n\+ ```\n\+ # heading\n````/);
        assert.match(commentOf({ stack: "dev", difference: "" }), /no difference/);
        const long = commentOf({ stack: "dev", difference: "+ line\n".repeat(20_000) });
        assert.ok(long.length < 60_000 && long.includes("The rest is left out"));
    });
});

interface Stored {
    id: number;
    body: string;
}

/** An API of comments that keeps them, with others' before it on the first page. */
class FakeForge {
    readonly comments: Stored[] = Array.from({ length: 100 }, (_, id) => ({
        id,
        body: `of a person ${id.toString()}`,
    }));
    readonly seen: string[] = [];
    token = "right";
    private readonly server: Server;

    constructor() {
        this.server = createServer((request, response) => {
            let text = "";
            request.on("data", (part: Buffer) => (text += part.toString()));
            request.on("end", () => {
                const [status, content] = this.answer(request.method ?? "", request.url ?? "", request.headers, text);
                response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
            });
        });
    }

    private answer(method: string, path: string, headers: Record<string, unknown>, text: string): [number, unknown] {
        this.seen.push(`${method} ${path}`);
        const given = headers["private-token"] ?? String(headers.authorization).replace("Bearer ", "");
        if (given !== this.token) return [403, { message: "no" }];
        const url = new URL(path, "http://forge");
        const page = Number(url.searchParams.get("page") ?? "1");
        if (method === "GET") return [200, this.comments.slice((page - 1) * 100, page * 100)];
        const { body } = JSON.parse(text) as { body: string };
        if (method === "POST") {
            this.comments.push({ id: 7000, body });
            return [201, this.comments.at(-1)];
        }
        const one = this.comments.find(({ id }) => url.pathname.endsWith(`/${id.toString()}`));
        if (one === undefined) return [404, {}];
        one.body = body;
        return [200, one];
    }

    async start(): Promise<string> {
        await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port.toString()}`;
    }

    stop(): void {
        this.server.close();
        this.server.closeAllConnections();
    }
}

describe("review: the forge", () => {
    const forges: Record<string, { at: (url: string, token: string) => Forge; path: string; change: string }> = {
        github: {
            at: (url, token) =>
                github({
                    ...{ GITHUB_API_URL: url, GITHUB_REPOSITORY: "us/sites", GITHUB_TOKEN: token, REVIEW_NUMBER: "5" },
                }),
            path: "/repos/us/sites/issues/5/comments",
            change: "PATCH /repos/us/sites/issues/comments/7000",
        },
        gitlab: {
            at: (url, token) =>
                gitlab({ CI_API_V4_URL: url, CI_PROJECT_ID: "9", CI_MERGE_REQUEST_IID: "5", REVIEW_TOKEN: token }),
            path: "/projects/9/merge_requests/5/notes",
            change: "PUT /projects/9/merge_requests/5/notes/7000",
        },
    };
    for (const [name, { at, path, change }] of Object.entries(forges)) {
        it(`${name}: makes one comment and keeps it up to date, among those of people`, async () => {
            const fake = new FakeForge();
            const url = await fake.start();
            try {
                const forge = at(url, "right");
                const marker = markerOf("dev");
                assert.equal(await writeComment(forge, marker, `${marker}\nfirst`), "made");
                assert.equal(await writeComment(forge, marker, `${marker}\nfirst\n`), "same");
                assert.equal(await writeComment(forge, marker, `${marker}\nsecond`), "changed");
                const own = fake.comments.filter(({ body }) => body.startsWith(marker));
                assert.deepEqual(own, [{ id: 7000, body: `${marker}\nsecond` }]);
                assert.equal(fake.seen.filter((one) => one === `POST ${path}`).length, 1);
                assert.equal(fake.seen.at(-1), change);
                const refused = writeComment(at(url, "wrong-token"), marker, "text");
                await assert.rejects(refused, (error: Error) => {
                    assert.match(error.message, /answered 403\n {2}its token needs: /);
                    return !error.message.includes("wrong-token");
                });
            } finally {
                fake.stop();
            }
        });
    }

    it("names what the job's environment lacks, and a forge that does not answer", async () => {
        assert.throws(() => github({ GITHUB_API_URL: "a" }), /no GITHUB_REPOSITORY, no GITHUB_TOKEN, no REVIEW_NUMBER/);
        const nobody = forges.gitlab?.at("http://127.0.0.1:1", "right");
        assert.ok(nobody !== undefined);
        await assert.rejects(writeComment(nobody, "a", "b"), /does not answer/);
    });
});
