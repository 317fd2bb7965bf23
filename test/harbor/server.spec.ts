import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";

import { HarborServer } from "./server.ts";
import { emptyRegistry, SimulatedOutside } from "./simulatedOutside.ts";

const remote = "http://remote.test:5001";
const digest = `sha256:${"1".repeat(64)}`;
const image = { digest, size: 1, blobs: [{ digest: `sha256:${"2".repeat(64)}`, size: 1 }] };

/** A body of the API, as far as these tests look into it. */
interface Body {
    readonly id?: number;
    readonly name?: string;
    readonly status?: string;
    readonly total?: number;
    readonly succeed?: number;
    readonly ca_certificate?: string;
    readonly harbor_version?: string;
    readonly errors?: readonly { readonly code: string; readonly message: string }[];
}

describe("the stand-in for Harbor", () => {
    let harbor: HarborServer;
    let outside: SimulatedOutside;

    beforeEach(async () => {
        outside = new SimulatedOutside();
        outside.registries.set(remote, emptyRegistry({ content: new Map([["team/app", new Map([["1.0", image]])]]) }));
        harbor = await HarborServer.start({ outside, refreshMs: 100, lockMs: 300 });
    });

    afterEach(async () => {
        await harbor.close();
    });

    function call(method: string, path: string, body?: unknown, password = "Harbor12345"): Promise<Response> {
        const login = Buffer.from(`admin:${password}`).toString("base64");
        return fetch(`${harbor.url}/api/v2.0${path}`, {
            method,
            headers: {
                Authorization: `Basic ${login}`,
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
    }

    async function make(path: string, body: unknown): Promise<number> {
        const answer = await call("POST", path, body);
        strictEqual(answer.status, 201, await answer.text());
        return Number(answer.headers.get("location")?.split("/").at(-1));
    }

    async function read(path: string): Promise<Body> {
        return (await (await call("GET", path)).json()) as Body;
    }

    const endpoint = { name: "remote", type: "docker-registry", url: remote };

    async function rule(more: object = {}): Promise<number> {
        const id = await make("/registries", endpoint);
        return make("/replication/policies", {
            name: "rule",
            src_registry: { id },
            dest_namespace: "mirror",
            enabled: true,
            ...more,
        });
    }

    async function finished(id: number): Promise<Body> {
        for (let attempt = 0; attempt < 60; attempt += 1) {
            const execution = await read(`/replication/executions/${String(id)}`);
            if (execution.status !== "InProgress") return execution;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error("the run did not end");
    }

    it("copies in a run, and shows the artifact by its digest", async () => {
        const policy = await rule({ filters: [{ type: "name", value: "team/**" }] });
        const execution = await make("/replication/executions", { policy_id: policy });
        const end = await finished(execution);
        deepStrictEqual([end.status, end.total, end.succeed], ["Succeed", 1, 1]);
        const artifacts = (await (await call("GET", "/projects/mirror/repositories/app/artifacts")).json()) as object[];
        strictEqual((artifacts[0] as { digest: string }).digest, digest);
        deepStrictEqual(harbor.problems, []);
    });

    it("hears of a push, and lets a rule pass it on", async () => {
        const id = await make("/registries", endpoint);
        const trigger = { type: "event_based" };
        const body = { name: "out", dest_registry: { id }, dest_namespace: "up", trigger, enabled: true };
        const policy = await make("/replication/policies", body);
        await make("/projects", { project_name: "own" });
        await harbor.push("own/tool", "1", image);
        const list = (await (
            await call("GET", `/replication/executions?policy_id=${String(policy)}`)
        ).json()) as Body[];
        strictEqual((await finished(list[0]?.id ?? 0)).status, "Succeed");
        strictEqual(outside.registries.get(remote)?.content.get("up/tool")?.get("1")?.digest, digest);
    });

    it("locks a name while its wrong password is held, and answers as to nobody", async () => {
        const wrong = call("GET", "/registries", undefined, "wrong");
        await new Promise((resolve) => setTimeout(resolve, 100));
        strictEqual((await call("GET", "/registries")).status, 401);
        strictEqual((await wrong).status, 401);
        strictEqual((await call("GET", "/registries")).status, 200);
        const nobody = (await (await call("GET", "/systeminfo", undefined, "wrong")).json()) as Body;
        strictEqual(nobody.harbor_version, undefined);
    });

    it("restarts: somebody else answers until it is back", async () => {
        harbor.restart(200);
        const answer = await call("GET", "/registries");
        strictEqual(answer.status, 503);
        match(await answer.text(), /nginx/);
        await new Promise((resolve) => setTimeout(resolve, 250));
        strictEqual((await call("GET", "/registries")).status, 200);
    });

    it("limits requests, as often as it is told", async () => {
        harbor.faults.add({ harm: { kind: "answer", status: 429, retryAfter: 1 }, times: 1 });
        const answer = await call("GET", "/registries");
        deepStrictEqual([answer.status, answer.headers.get("retry-after")], [429, "1"]);
        strictEqual((await call("GET", "/registries")).status, 200);
    });

    it("loses an answer after the work was done, and the request before it", async () => {
        const meets = ({ method }: { method: string }): boolean => method === "POST";
        harbor.faults.add({ harm: { kind: "reset" }, times: 1, meets });
        await rejects(call("POST", "/registries", endpoint));
        deepStrictEqual(await read("/registries"), []);
        harbor.faults.add({ harm: { kind: "lost" }, times: 1, meets });
        await rejects(call("POST", "/registries", endpoint));
        strictEqual((await call("POST", "/registries", endpoint)).status, 409);
    });

    it("cuts an answer off in its middle", async () => {
        harbor.faults.add({ harm: { kind: "cut" }, times: 1 });
        await rejects(call("GET", "/systeminfo").then((answer) => answer.text()));
    });

    it("takes its time", async () => {
        harbor.faults.add({ harm: { kind: "slow", ms: 200 }, times: 1 });
        const start = Date.now();
        await call("GET", "/ping");
        ok(Date.now() - start >= 190);
    });

    it("refuses every change in read-only mode", async () => {
        harbor.state.settings.read_only = true;
        const answer = await call("POST", "/registries", endpoint);
        strictEqual(answer.status, 403);
        strictEqual(((await answer.json()) as Body).errors?.[0]?.code, "DENIED");
        strictEqual((await call("GET", "/registries")).status, 200);
    });

    it("knows no certificate authority before 2.15", async () => {
        await harbor.close();
        harbor = await HarborServer.start({ outside, version: "2.14.4" });
        const id = await make("/registries", { ...endpoint, ca_certificate: "no certificate" });
        strictEqual((await read(`/registries/${String(id)}`)).ca_certificate, undefined);
        match((await read("/systeminfo")).harbor_version ?? "", /^v2\.14\.4-/);
    });

    it("makes every page of a long list, ten by ten", async () => {
        for (let count = 0; count < 23; count += 1)
            await make("/registries", { ...endpoint, name: `r${String(count).padStart(2, "0")}` });
        const names: string[] = [];
        let path: string | undefined = "/registries?sort=id";
        while (path !== undefined) {
            const answer: Response = await call("GET", path);
            strictEqual(answer.headers.get("x-total-count"), "23");
            names.push(...((await answer.json()) as Body[]).map(({ name }) => name ?? ""));
            path = /<\/api\/v2.0([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
        }
        deepStrictEqual([names.length, names[0], names[22]], [23, "r00", "r22"]);
    });

    it("says which requests its document does not allow", async () => {
        await call("POST", "/replication/policies", { name: 5 });
        deepStrictEqual(
            harbor.problems.map(({ side, operation }) => [side, operation]),
            [["request", "createReplicationPolicy"]],
        );
    });

    it("counts what is in flight at the same moment", async () => {
        harbor.faults.add({ harm: { kind: "slow", ms: 100 } });
        await Promise.all([1, 2, 3].map(() => call("GET", "/ping")));
        strictEqual(harbor.mostAtOnce, 3);
        strictEqual(harbor.asked.length, 3);
    });
});
