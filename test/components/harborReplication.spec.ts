import assert from "node:assert/strict";

import { HarborReplication } from "../../components/harborReplication.ts";
import type { HarborReplicationArgs } from "../../components/harbor/harborReplicationArgs.ts";
import { readSettings } from "../../settings.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const kind = (name: string): string => `siteregistry:index:Harbor${name}`;
const endpoint = {
    name: "hub",
    type: "docker-hub",
    url: "https://hub.docker.com",
    accessKey: "me",
    accessSecret: "hunter2",
};
const rule = { name: "redis", mode: "pull", endpoint: "hub", filters: [{ type: "name", value: "redis" }] };

describe("replication by a Harbor", () => {
    const made = (args: HarborReplicationArgs): Promise<Registered[]> =>
        underMocks(() => new HarborReplication("harbor", args));

    it("joins rules and endpoints, and keeps secrets secret", async () => {
        const seen = await made({
            endpoints: [endpoint],
            rules: [{ ...rule, run: { when: "onChange", compareDigests: true } }],
        });
        assert.deepEqual(find(seen, kind("Endpoint"), "harbor-endpoint-hub").secrets, ["accessSecret"]);
        const { inputs } = find(seen, kind("Rule"), "harbor-rule-redis");
        assert.equal(inputs.endpoint, "harbor-endpoint-hub-id");
        assert.equal(inputs.endpointType, "docker-hub");
        const run = find(seen, kind("Run"), "harbor-run-redis");
        assert.equal(run.inputs.rule, "harbor-rule-redis-id");
        assert.ok(run.secrets.includes("remote"));
        assert.ok(!("compareDigests" in run.inputs));
    });

    it("runs a rule again when it is another one, and not for its description", async () => {
        const triggers = async (change: object): Promise<unknown> => {
            const seen = await made({
                endpoints: [endpoint],
                rules: [{ ...rule, ...change, run: { when: "onChange" } }],
            });
            return find(seen, kind("Run"), "harbor-run-redis").inputs.triggers;
        };
        const first = await triggers({});
        assert.deepEqual(await triggers({ description: "new" }), first);
        assert.notDeepEqual(await triggers({ destinationNamespace: "other" }), first);
    });

    it("makes no run unless it is asked for, and refuses what it does not know", async () => {
        const seen = await made({
            endpoints: [endpoint],
            rules: [rule, { ...rule, name: "b", run: { when: "never" } }],
        });
        assert.equal(seen.filter(({ type }) => type === kind("Run")).length, 0);
        await assert.rejects(made({ rules: [rule] }), /there is none called hub among none/);
    });

    it("gives a robot what its role needs, and a Secret to pods", async () => {
        const seen = await made({
            robots: [
                { name: "nodes", role: "pull", projects: ["mirror", "apps"] },
                { name: "deployer", role: "administerReplication" },
            ],
            pullSecret: { robot: "nodes", host: "harbor.site.test", name: "pull", namespaces: ["default"] },
        });
        const { permissions } = find(seen, kind("Robot"), "harbor-robot-nodes").inputs;
        const access = [{ resource: "repository", action: "pull" }];
        assert.deepEqual(permissions, [
            { kind: "project", namespace: "mirror", access },
            { kind: "project", namespace: "apps", access },
        ]);
        const [system] = find(seen, kind("Robot"), "harbor-robot-deployer").inputs.permissions as {
            access: object[];
        }[];
        assert.equal(system?.access.length, 18);
        const secret = find(seen, "kubernetes:core/v1:Secret", "harbor-pull-default");
        assert.ok(secret.secrets.some((path) => path.startsWith("stringData")));
    });
});

describe("the settings of a Harbor", () => {
    const refusal = (harbor: object, credentials: unknown): string => {
        configure({ harbor: { url: "https://harbor.site.test", ...harbor }, harborCredentials: credentials });
        try {
            readSettings();
            return "";
        } catch (error) {
            return (error as Error).message;
        }
    };
    const plain = { name: "hub", type: "docker-hub", url: "https://hub.docker.com" };

    it("are accepted with the secrets that they ask for, and refused by key without showing one", () => {
        assert.equal(
            refusal({ endpoints: [{ ...plain, accessKey: "me" }] }, { admin: "a", endpoints: { hub: "b" } }),
            "",
        );
        const cases: [object, unknown, RegExp][] = [
            [{}, {}, /harborCredentials.admin: must be a text that is not empty/],
            [{}, { admin: "hunter2", other: "hunter2" }, /harborCredentials: has other; known are admin, endpoints/],
            [
                {},
                { admin: "hunter2", endpoints: { hub: "hunter2" } },
                /harborCredentials.endpoints.hub: no endpoint of that name/,
            ],
            [
                { endpoints: [{ ...plain, accessKey: "me" }] },
                { admin: "hunter2" },
                /harborCredentials.endpoints.hub: is missing/,
            ],
            [{ endpoints: [plain, plain] }, { admin: "hunter2" }, /harbor.endpoints: .*allowed is each name once/],
            [
                { rules: [{ name: "r", mode: "pull", endpoint: "no" }] },
                { admin: "hunter2" },
                /harbor.rules.0.endpoint: is "no"; harbor.endpoints has none/,
            ],
            [
                { projects: [{ name: "p", proxyEndpoint: "no" }] },
                { admin: "hunter2" },
                /harbor.projects.0.proxyEndpoint: is "no"/,
            ],
            [
                { pullSecret: { robot: "no", namespaces: ["a"] } },
                { admin: "hunter2" },
                /harbor.pullSecret.robot: is "no"/,
            ],
            [{ url: "http://$" }, { admin: "hunter2" }, /harbor.url: is "http:\/\/\$"; allowed is http/],
            [
                { caBundle: "-----BEGIN CERTIFICATE-----" },
                { admin: "hunter2" },
                /harbor.caBundle: holds no certificate/,
            ],
        ];
        for (const [harbor, credentials, expected] of cases) {
            const text = refusal(harbor, credentials);
            assert.match(text, expected);
            assert.doesNotMatch(text, /hunter2/);
        }
    });
});
