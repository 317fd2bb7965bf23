import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { Copier, type CopierSettings } from "../../plugin/copier/copier.ts";
import { keeperLabel, ownerLabel } from "../../plugin/copier/pullSecret.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";

const pathOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets/pull`;

describe("the copier", () => {
    let fake: FakeApiServer;
    let stop: AbortController;
    let running: Promise<void>;
    let lines: string[];

    async function start(settings: Partial<CopierSettings> = {}, credential = "first"): Promise<Copier> {
        stop = new AbortController();
        const source = { namespace: "site", name: "credential" };
        const given = { credential: source, secretName: "pull", owner: "site", serviceAccounts: [] };
        setCredential(credential);
        const all = { ...given, excludedNamespaces: [], ...settings };
        const copier = new Copier(fake.client(stop.signal), all, (line) => lines.push(line));
        running = copier.run(stop.signal);
        await until(() => copier.ready);
        return copier;
    }

    function setCredential(text: string): void {
        const data = { ".dockerconfigjson": Buffer.from(text).toString("base64") };
        fake.put("/api/v1/namespaces/site/secrets", { metadata: { name: "credential", namespace: "site" }, data });
    }

    async function end(): Promise<void> {
        stop.abort();
        await running;
    }

    async function until(condition: () => boolean): Promise<void> {
        const latest = Date.now() + 5_000;
        while (!condition()) {
            assert.ok(Date.now() < latest, `it did not come to pass; the copier says:\n${lines.join("\n")}`);
            await setTimeout(5);
        }
    }

    const credentialIn = (namespace: string): string | undefined => {
        const data = fake.get(pathOf(namespace))?.data as Record<string, string> | undefined;
        return data && Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString();
    };

    beforeEach(async () => {
        fake = await FakeApiServer.start();
        lines = [];
        for (const name of ["one", "two", "kube-system"]) fake.addNamespace(name);
    });
    afterEach(async () => {
        await end();
        await fake.stop();
    });

    it("hands the secret to every namespace, one that comes later, and not to excluded ones", async () => {
        await start({ excludedNamespaces: ["kube-system"], serviceAccounts: ["default"] });
        await until(() => credentialIn("one") === "first" && credentialIn("two") === "first");
        fake.addNamespace("three");
        await until(() => credentialIn("three") === "first" && fake.entries("three").includes("pull"));
        assert.equal(fake.get(pathOf("kube-system")), undefined);
        assert.deepEqual(fake.entries("kube-system"), []);
    });

    it("puts back what somebody deletes or changes, and hands a new credential to all", async () => {
        await start({ serviceAccounts: ["default"] });
        await until(() => fake.entries("one").includes("pull"));
        fake.remove(pathOf("one"));
        await until(() => credentialIn("one") === "first");
        fake.put("/api/v1/namespaces/one/serviceaccounts", { metadata: { name: "default", namespace: "one" } });
        await until(() => fake.entries("one").includes("pull"));
        setCredential("second");
        await until(() => ["one", "two"].every((namespace) => credentialIn(namespace) === "second"));
        // Where it is gone, the last one stays.
        fake.remove("/api/v1/namespaces/site/secrets/credential");
        fake.addNamespace("later");
        await until(() => credentialIn("later") === "second");
    });

    it("leaves foreign Secrets, and those that a selection keeps", async () => {
        const theirs = { metadata: { name: "pull", namespace: "one" }, data: { theirs: "yes" } };
        const labels = { [ownerLabel]: "site", [keeperLabel]: "selection" };
        fake.put("/api/v1/namespaces/one/secrets", theirs);
        fake.put("/api/v1/namespaces/two/secrets", { metadata: { name: "pull", namespace: "two", labels } });
        await start();
        await until(() => credentialIn("kube-system") === "first");
        fake.addNamespace("later");
        await until(() => credentialIn("later") === "first");
        assert.deepEqual(fake.get(pathOf("one"))?.data, theirs.data);
        assert.equal(fake.get(pathOf("two"))?.data, undefined);
        assert.equal(lines.filter((line) => line.includes("one already has a Secret pull")).length, 1);
    });

    it("takes its own out of a namespace that is excluded later, entries included", async () => {
        await start({ serviceAccounts: ["default"] });
        await until(() => fake.entries("two").includes("pull") && fake.entries("one").includes("pull"));
        await end();
        await start({ serviceAccounts: ["default"], excludedNamespaces: ["two"] });
        await until(() => fake.get(pathOf("two")) === undefined);
        assert.deepEqual(fake.entries("two"), []);
        assert.deepEqual(fake.entries("one"), ["pull"]);
    });

    it("goes on after a watch that broke, one that grew too old, and a server that refuses", async () => {
        await start();
        await until(() => credentialIn("one") === "first");
        fake.breakWatches();
        fake.addNamespace("three");
        await until(() => credentialIn("three") === "first");
        fake.breakWatches("too old resource version");
        fake.addNamespace("four");
        await until(() => credentialIn("four") === "first");
        let refusals = 2;
        fake.refuse = ({ method }) =>
            method === "POST" && refusals-- > 0 ? { status: 403, message: "no" } : undefined;
        fake.addNamespace("five");
        await until(() => credentialIn("five") === "first");
        assert.ok(lines.some((line) => line.startsWith("five: ") && line.includes("403: no")));
    });

    it("asks only for what its rights name, and writes nothing when nothing is to be done", async () => {
        await start({ serviceAccounts: ["default"] });
        await until(() => ["one", "two", "kube-system"].every((one) => fake.entries(one).includes("pull")));
        await setTimeout(50);
        await end();
        fake.asked.splice(0);
        await start({ serviceAccounts: ["default"] });
        await setTimeout(50);
        const urls = fake.asked.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`);
        assert.deepEqual(
            urls.filter((url) => !url.startsWith("GET ")),
            [],
        );
        for (const url of urls.filter((one) => !one.includes("/namespaces?"))) {
            assert.match(
                url,
                /\/api\/v1\/(secrets\?.*metadata\.name=pull|serviceaccounts\?.*metadata\.name=default|namespaces\/site\/secrets\?.*metadata\.name=credential)/,
            );
        }
    });

    it("does not run hot against a controller that undoes its work", async () => {
        await start({ serviceAccounts: ["default"] });
        await until(() => fake.entries("one").includes("pull"));
        let undone = 0;
        const undo = setInterval(() => {
            if (!fake.entries("one").includes("pull")) return;
            undone += 1;
            fake.put("/api/v1/namespaces/one/serviceaccounts", { metadata: { name: "default", namespace: "one" } });
        }, 1);
        await setTimeout(600);
        clearInterval(undo);
        assert.ok(undone >= 2 && undone <= 8, `undone ${undone.toString()} times`);
    });

    it("shows no credential in what it says", async () => {
        await start({}, "hunter2-hunter2");
        await until(() => credentialIn("one") === "hunter2-hunter2");
        fake.refuse = ({ method }) => (method === "PUT" ? { status: 422, message: "invalid" } : undefined);
        setCredential("hunter3-hunter3");
        await until(() => lines.some((line) => line.includes("422")));
        assert.doesNotMatch(lines.join("\n"), /hunter|aHVudGVy/);
    });
});
