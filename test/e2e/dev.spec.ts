import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { parse, stringify } from "yaml";

import { current, type Lab } from "../../lab/lab.ts";
import { consoleReport } from "../../lab/report.ts";
import { proveSite } from "../../lab/site/proof.ts";
import type { Stack } from "../../lab/site/stack.ts";
import { labStack } from "../../lab/site/target.ts";
import { secretsOf } from "../support/secrets.ts";
import { answers } from "../support/ways.ts";

/** A step of `preview --json`. */
interface Step {
    op: string;
    urn: string;
}

/** Kinds whose objects come and go by themselves, without anybody's asking. */
const restless = [
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "pods",
    "endpointslices.discovery.k8s.io",
];

describe("the stack dev on the lab", () => {
    let lab: Lab;
    let stack: Stack;
    let objectsBefore: string[];
    /** Everything the engine has said, to be searched for secrets. */
    const said: string[] = [];

    /** Runs the engine, keeps what it says, and demands the exit code. */
    async function pulumi(args: string[], code = 0, variables: Record<string, string> = {}): Promise<string> {
        const result = await stack.pulumi(args, variables);
        said.push(result.stdout, result.stderr);
        assert.equal(result.code, code, `pulumi ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
        return result.stdout;
    }

    async function kubectl(...args: string[]): Promise<string> {
        const result = await lab.kubectl(args);
        assert.equal(result.code, 0, `kubectl ${args.join(" ")}: ${result.stderr}`);
        return result.stdout;
    }

    /** Names of all objects in the cluster, of every kind that can be listed. */
    async function objects(): Promise<string[]> {
        const kinds = (await kubectl("api-resources", "--verbs=list", "-o", "name"))
            .trim()
            .split("\n")
            .filter((kind) => !restless.includes(kind));
        const columns = "custom-columns=K:.kind,S:.metadata.namespace,N:.metadata.name";
        const all = await kubectl("get", kinds.join(","), "-A", "--no-headers", "-o", columns);
        return all
            .trim()
            .split("\n")
            .map((line) => line.replaceAll(/ +/g, " ").trim())
            .sort();
    }

    async function filesOnNodes(): Promise<string[]> {
        const lists = await Promise.all(
            lab.nodes.map(async (node) => {
                const found = await lab.exec(node, [
                    "find",
                    "/etc/containerd/certs.d",
                    "/var/lib/lab-storage",
                    "-mindepth",
                    "1",
                ]);
                return found.stdout
                    .trim()
                    .split("\n")
                    .filter(Boolean)
                    .map((path) => `${node}:${path}`);
            }),
        );
        return lists.flat();
    }

    async function steps(variables: Record<string, string> = {}): Promise<Step[]> {
        const plan = JSON.parse(await pulumi(["preview", "--json"], 0, variables)) as { steps: Step[] };
        return plan.steps.filter((step) => step.op !== "same");
    }

    const nameOf = (step: Step): string => step.urn.split("::").at(-1) ?? "";

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        stack = await labStack(lab);
        await stack.prepare();
        await pulumi(["destroy", "--yes", "--skip-preview"]);
        objectsBefore = await objects();
    });

    it("previews a new stack, and touches nothing", async () => {
        await pulumi(["preview"]);
        assert.deepEqual(await objects(), objectsBefore);
    });

    it("goes up, with a push and a pull on every node", async () => {
        await pulumi(["up", "--yes", "--skip-preview"]);
        const pods = await kubectl(
            "-n",
            "image-registry-proof",
            "get",
            "pods",
            "-o",
            "jsonpath={.items[*].spec.nodeName}",
        );
        for (const node of lab.nodes) assert.ok(pods.includes(node), `no proof on ${node}: ${pods}`);
    });

    it("serves real clients: skopeo and curl outside, kubelet and containerd on every node", async () => {
        await proveSite(lab, await stack.facts(), consoleReport());
    });

    it("runs the seeds' example Job: a node selector, a pull secret, an image of the registry", async () => {
        const { host } = await stack.facts();
        const container = { name: "test-job", image: `${host}/demo/hello:1.0`, command: ["cat", "/etc/demo"] };
        const template = {
            nodeSelector: { "kubernetes.io/hostname": lab.nodes[1] },
            containers: [container],
            restartPolicy: "Never",
            imagePullSecrets: [{ name: "image-registry-pull" }],
        };
        const metadata = { name: "test-job", namespace: "default" };
        const job = {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata,
            spec: { backoffLimit: 4, template: { spec: template } },
        };
        const made = await lab.kubectl(["create", "-f", "-"], { input: JSON.stringify(job) });
        assert.equal(made.code, 0, made.stderr);
        await kubectl("wait", "job/test-job", "--for=condition=Complete", "--timeout=120s");
        await kubectl("delete", "job", "test-job");
    });

    it("shows no change at a second preview", async () => {
        await pulumi(["preview", "--expect-no-changes"]);
    });

    it("shows no drift at refresh", async () => {
        await pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
        await pulumi(["preview", "--expect-no-changes"]);
    });

    it("replaces nothing when the kubeconfig of the same cluster is written anew", async () => {
        const text = readFileSync(lab.kubeconfig, "utf8");
        const file = join(stack.folder, "another-kubeconfig");
        const config = parse(text) as { contexts: { name: string }[]; "current-context": string };
        for (const context of config.contexts) context.name = "renamed";
        config["current-context"] = "renamed";
        writeFileSync(file, stringify(config), { mode: 0o600 });
        const changed = await steps({ KUBECONFIG: file });
        assert.deepEqual(
            changed.filter((step) => step.op !== "update" || !["cluster", "site"].includes(nameOf(step))),
            [],
        );
    });

    it("refuses every change by a user who may only pull, on every way to the registry", async () => {
        const found = await answers(lab, await stack.facts(), "reader");
        assert.equal(found.length, 25);
        for (const answer of found) {
            if (answer.includes("5001")) assert.match(answer, / 000$/);
            else assert.match(answer, / GET 200$| (POST|PUT|PATCH|DELETE) 403$/);
        }
        const pushing = await answers(lab, await stack.facts(), "registry");
        assert.deepEqual(
            pushing.filter((answer) => answer.endsWith("403")),
            [],
        );
    });

    it("adds a user and changes a credential in place: no pod restarts, and every login is proven", async () => {
        const podOf = () =>
            kubectl(
                "-n",
                "kube-infra",
                "get",
                "pods",
                "-o",
                "jsonpath={.items[*].metadata.uid}{.items[*].status.containerStatuses[*].restartCount}",
            );
        const before = await podOf();
        stack.set((config) => {
            (config["siteregistry:registry"] as Record<string, unknown>).users = [
                { name: "registry", generations: [1, 2] },
                { name: "reader", role: "pull" },
                { name: "second" },
            ];
        });
        const planned = await steps();
        const replaced = planned.filter((step) => step.op.includes("replace") && !nameOf(step).startsWith("proof-"));
        assert.deepEqual(replaced, []);
        const updated = planned.filter((step) => step.op === "update" && step.urn.includes("kubernetes:"));
        assert.deepEqual(updated.map(nameOf).sort(), ["proof-logins", "proof-pull", "registry-users"]);
        await pulumi(["up", "--yes", "--skip-preview"]);
        assert.equal(await podOf(), before);

        // The old credential and the new one, and the new user: `up` has waited until the registry knows them.
        const { host, passwords } = await stack.facts();
        for (const login of ["registry", "registry.2", "second"]) {
            const words = `skopeo login --authfile /root/proof/${login}.json --username ${login} --password-stdin ${host}`;
            const answer = await lab.exec("outside", words.split(" "), { input: passwords[login] ?? "" });
            assert.equal(answer.code, 0, answer.stderr);
        }
        await pulumi(["preview", "--expect-no-changes"]);
    });

    it("mends a file on a node that was changed by hand", async () => {
        const file = "/etc/containerd/certs.d/registry.site.test/hosts.toml";
        const node = lab.nodes[0] ?? "";
        const before = (await lab.exec(node, ["cat", file])).stdout;
        await lab.exec(node, ["sh", "-c", `echo broken >${file}`]);
        for (let tries = 0; tries < 60 && (await lab.exec(node, ["cat", file])).stdout !== before; tries += 1)
            await setTimeout(1000);
        assert.equal((await lab.exec(node, ["cat", file])).stdout, before);
    });

    it("lists every mistake of a stack file at once and plans nothing", async () => {
        const file = readFileSync(stack.file, "utf8");
        stack.set((config) => {
            config["siteregistry:registry"] = { host: "NOT A HOST", namespace: "no_good" };
            config["siteregistry:nodetrust"] = {};
        });
        const result = await stack.pulumi(["preview"]);
        said.push(result.stdout, result.stderr);
        writeFileSync(stack.file, file);
        assert.notEqual(result.code, 0);
        for (const key of ["registry.host", "registry.namespace", "nodetrust"]) {
            assert.ok(
                `${result.stdout}${result.stderr}`.includes(`${key}: `),
                `${key}\n${result.stdout}${result.stderr}`,
            );
        }
        await pulumi(["preview", "--expect-no-changes"]);
    });

    it("shows no secret in state, preview, events or error texts", async () => {
        const exported = await stack.pulumi(["stack", "export", "--show-secrets"]);
        const secrets = secretsOf(exported.stdout);
        assert.ok(secrets.size >= 8, `only ${secrets.size.toString()} secrets are in the state`);
        const stateFolder = join(stack.folder, "state");
        const places: [string, string][] = readdirSync(stateFolder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "utf8")]);
        places.push(["preview", (await stack.pulumi(["preview", "--json"])).stdout]);
        places.push(["said", said.join("\n")]);
        places.push(["events", await kubectl("get", "events", "-A", "-o", "json")]);
        places.push(["pods", await kubectl("get", "pods", "-A", "-o", "json")]);
        places.push(["config maps", await kubectl("get", "configmaps", "-A", "-o", "json")]);
        for (const container of ["gate", "registry"]) {
            const log = await kubectl("-n", "kube-infra", "logs", "deployment/image-registry", "-c", container);
            places.push([`the log of ${container}`, log]);
        }
        for (const secret of secrets) {
            for (const [place, text] of places) {
                assert.equal(
                    text.includes(secret),
                    false,
                    `a secret that begins with ${secret.slice(0, 4)} is in: ${place}`,
                );
            }
        }
    });

    it("is destroyed without a trace in the cluster or on a node", async () => {
        await pulumi(["destroy", "--yes", "--skip-preview"]);
        let left: string[] = [];
        // Volumes are removed by their provisioner, in its own time.
        for (let tries = 0; tries < 60; tries += 1) {
            left = [...(await objects()).filter((one) => !objectsBefore.includes(one)), ...(await filesOnNodes())];
            if (left.length === 0) break;
            await setTimeout(1000);
        }
        assert.deepEqual(left, []);
    });
});
