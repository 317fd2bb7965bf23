import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RealOutside } from "../harbor/realOutside.ts";
import { HarborServer } from "../harbor/server.ts";
import { OneImage, RealRegistry, registryBinary, skopeoOfTheLab } from "../support/realRegistry.ts";

describe("a replication of the stand-in for Harbor between two real registries", () => {
    let folder: string;
    let skopeo: string[];
    let source: RealRegistry;
    let own: RealRegistry;
    let harbor: HarborServer;
    let image: OneImage;

    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "harbor-copies-"));
        skopeo = skopeoOfTheLab();
        const binary = await registryBinary();
        source = await RealRegistry.start(binary, join(folder, "source"));
        own = await RealRegistry.start(binary, join(folder, "own"));
        image = new OneImage(join(folder, "layout"), skopeo);
        for (const name of ["team/app:1.0", "team/other:2.0"]) await image.push(`${source.host}/${name}`);
        harbor = await HarborServer.start({
            outside: new RealOutside(skopeo),
            local: { url: own.url },
            refreshMs: 500,
        });
    });

    after(async () => {
        await harbor.close();
        source.stop();
        own.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    async function api(method: string, path: string, body?: unknown): Promise<Response> {
        const login = Buffer.from("admin:Harbor12345").toString("base64");
        return fetch(`${harbor.url}/api/v2.0${path}`, {
            method,
            headers: { Authorization: `Basic ${login}`, "Content-Type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
    }

    async function make(path: string, body: unknown): Promise<number> {
        const answer = await api("POST", path, body);
        strictEqual(answer.status, 201, await answer.text());
        return Number(answer.headers.get("location")?.split("/").at(-1));
    }

    async function finished(id: number): Promise<{ status: string; total: number; status_text: string }> {
        for (;;) {
            const answer = await api("GET", `/replication/executions/${String(id)}`);
            const execution = (await answer.json()) as { status: string; total: number; status_text: string };
            if (execution.status !== "InProgress") return execution;
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    }

    it("brings the same digests here that are at the source", async () => {
        const id = await make("/registries", { name: "source", type: "docker-registry", url: source.url });
        const rule = {
            name: "pull",
            src_registry: { id },
            dest_namespace: "mirror",
            dest_namespace_replace_count: 1,
            enabled: true,
        };
        const policy = await make("/replication/policies", { ...rule, filters: [{ type: "name", value: "team/**" }] });
        const end = await finished(await make("/replication/executions", { policy_id: policy }));
        deepStrictEqual([end.status, end.total], ["Succeed", 2]);
        for (const [name, tag] of [
            ["app", "1.0"],
            ["other", "2.0"],
        ] as const) {
            const wanted = await source.digest(`team/${name}`, tag);
            match(wanted ?? "", /^sha256:/);
            strictEqual(await own.digest(`mirror/${name}`, tag), wanted);
            const artifacts = (await (await api("GET", `/projects/mirror/repositories/${name}/artifacts`)).json()) as {
                digest: string;
            }[];
            strictEqual(artifacts[0]?.digest, wanted);
        }
    });

    it("passes on what is pushed to it", async () => {
        const id = await make("/registries", { name: "back", type: "docker-registry", url: source.url });
        const trigger = { type: "event_based" };
        const policy = await make("/replication/policies", {
            name: "push",
            dest_registry: { id },
            dest_namespace: "back",
            trigger,
            enabled: true,
        });
        await image.push(`${new URL(harbor.url).host}/own/tool:3`, "--dest-creds=admin:Harbor12345");
        const list = (await (await api("GET", `/replication/executions?policy_id=${String(policy)}`)).json()) as {
            id: number;
        }[];
        strictEqual((await finished(list[0]?.id ?? 0)).status, "Succeed");
        strictEqual(await source.digest("back/tool", "3"), await own.digest("own/tool", "3"));
    });

    it("says what a source answered that has no such repository", async () => {
        const id = await make("/registries", { name: "again", type: "docker-registry", url: source.url });
        const filters = [{ type: "name", value: "team/nosuch" }];
        const policy = await make("/replication/policies", {
            name: "none",
            src_registry: { id },
            dest_namespace: "m",
            enabled: true,
            filters,
        });
        const end = await finished(await make("/replication/executions", { policy_id: policy }));
        strictEqual(end.status, "Failed");
        match(
            end.status_text,
            /failed to list artifacts of repository team\/nosuch: http status code: 404, body: .*NAME_UNKNOWN/,
        );
    });
});
