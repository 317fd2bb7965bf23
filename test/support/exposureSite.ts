import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { demoImageName } from "../../lab/images/demo.ts";
import { current, type Lab } from "../../lab/lab.ts";
import { siteDir } from "../../lab/paths.ts";
import { Stack, type SiteFacts } from "../../lab/site/stack.ts";

/** What the exposure's tests call everything they make. */
export const prefix = "exposure";
/** The namespace of their pods. */
export const apps = `${prefix}-apps`;
/** Folder of their files on the outside machine. */
const folder = `/root/${prefix}`;

/** The lab that is up, and its `default` stack settings changed into a site of the tests' own, which works beside `dev`. */
export class ExposureSite {
    readonly lab: Lab;
    readonly stack: Stack;
    readonly namespace: string;

    private constructor(lab: Lab, stack: Stack, namespace: string) {
        this.lab = lab;
        this.stack = stack;
        this.namespace = namespace;
    }

    /** `name` tells two sites of the tests apart. */
    static async prepare(name = prefix): Promise<ExposureSite> {
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        const answer = await lab.kubectl(["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
        assert.equal(answer.code, 0, answer.stderr);
        const stack = new Stack("dev", join(siteDir(), `${name}-${answer.stdout}`), lab.kubeconfig, answer.stdout);
        await stack.prepare();
        return new ExposureSite(lab, stack, `${name}-registry`);
    }

    /** Settings of the registry, on top of those that make it the tests' own. */
    set(registry: Record<string, unknown>, nodeTrust = true): void {
        const own = {
            name: this.namespace,
            namespace: this.namespace,
            host: `${prefix}.site.test`,
            storage: { size: "1Gi", keepOnDestroy: false },
            proof: { enabled: false },
        };
        this.stack.set((config) => {
            config["siteregistry:registry"] = { ...own, ...registry };
            delete config["siteregistry:nodeTrust"];
            if (nodeTrust) config["siteregistry:nodeTrust"] = { namespace: `${prefix}-trust` };
        });
    }

    /** Runs the engine, demands the exit code, and returns what it said. */
    async pulumi(args: readonly string[], code = 0): Promise<string> {
        const { stdout, stderr, ...result } = await this.stack.pulumi(args);
        assert.equal(result.code, code, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    }

    async up(): Promise<string> {
        return this.pulumi(["up", "--yes", "--skip-preview"]);
    }

    async kubectl(...args: string[]): Promise<string> {
        const result = await this.lab.kubectl(args);
        assert.equal(result.code, 0, `kubectl ${args.join(" ")}: ${result.stderr}`);
        return result.stdout;
    }

    /** Runs a script on a machine and demands that it ends well. */
    async sh(machine: string, script: string, input = ""): Promise<string> {
        const result = await this.lab.exec(machine, ["sh", "-euc", script], { input });
        assert.equal(result.code, 0, `${machine}: ${script}\n${result.stdout}\n${result.stderr}`);
        return result.stdout;
    }

    /** Gives a machine the roots of the registry, and a login that is in no command line. */
    async trust(machine: string, facts: SiteFacts): Promise<void> {
        const [user = ""] = facts.users;
        const login = `user = ${JSON.stringify(`${user}:${facts.passwords[user] ?? ""}`)}\n`;
        await this.sh(machine, `mkdir -p ${folder}; cat >${folder}/ca.crt`, facts.caBundle);
        await this.sh(machine, `umask 077; cat >${folder}/login`, login);
    }

    /** What the registry answers to a login at `host` when the connection goes to `address`; curl's error where there is none. */
    async status(machine: string, host: string, address: string): Promise<string> {
        const [name = "", port = "443"] = host.split(":");
        const curl = ["curl", "--silent", "--show-error", "--max-time", "10", "--output", "/dev/null"];
        const to = [
            "--resolve",
            `${name}:${port}:${address}`,
            "--cacert",
            `${folder}/ca.crt`,
            "--config",
            `${folder}/login`,
        ];
        const url = `https://${name}:${port}/v2/`;
        const result = await this.lab.exec(machine, [...curl, ...to, "--write-out", "%{http_code}", url]);
        return result.code === 0 ? result.stdout.trim() : result.stderr.trim();
    }

    /** Waits until the registry answers so: what is before it hears of a change in its own time. */
    async answers(machine: string, host: string, address: string, wanted = "200"): Promise<void> {
        let said = "";
        for (let tries = 0; tries < 60; tries += 1) {
            said = await this.status(machine, host, address);
            if (said === wanted) return;
            await setTimeout(500);
        }
        assert.equal(said, wanted, `https://${host}/v2/ at ${address}, from ${machine}`);
    }

    /** Pushes the lab's demo image from the outside machine, by a name that only a line of ours in its hosts file knows. */
    async push(host: string, facts: SiteFacts): Promise<void> {
        const archive = this.lab.archives[demoImageName];
        assert.ok(archive !== undefined);
        const [user = ""] = facts.users;
        const login = `skopeo login --cert-dir ${folder} --authfile ${folder}/auth.json --username '${user}' --password-stdin ${host}`;
        await this.lab.copyTo("outside", archive, `${folder}/image.tar`);
        await this.sh("outside", `echo '${this.lab.ingressAddress} ${host}' >>/etc/hosts`);
        await this.sh("outside", login, facts.passwords[user] ?? "");
        const copy = `skopeo copy --authfile ${folder}/auth.json --dest-cert-dir ${folder}`;
        await this.sh("outside", `${copy} docker-archive:${folder}/image.tar docker://${host}/demo/hello:1.0`);
    }

    /** Starts a pod from an image on a node, and sees it end well. */
    async pull(node: string, image: string, pullSecret: string): Promise<void> {
        const name = `${prefix}-${node}`;
        const main = { name: "main", image, imagePullPolicy: "Always", command: ["cat", "/etc/demo"] };
        const spec = {
            nodeName: node,
            restartPolicy: "Never",
            imagePullSecrets: [{ name: pullSecret }],
            containers: [main],
        };
        const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: apps }, spec };
        const made = await this.lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(pod) });
        assert.equal(made.code, 0, made.stderr);
        const ended = ["wait", `pod/${name}`, "-n", apps, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s"];
        const result = await this.lab.kubectl(ended);
        const events = result.code === 0 ? "" : await this.kubectl("get", "events", "-n", apps);
        assert.equal(result.code, 0, `${result.stderr}${events}`);
    }

    /** Takes everything back. */
    async remove(): Promise<void> {
        await this.pulumi(["destroy", "--yes", "--skip-preview"]);
        this.stack.forget();
        await this.sh("outside", `sed '/ ${prefix}\\./d' /etc/hosts >${folder}.hosts; cat ${folder}.hosts >/etc/hosts`);
        for (const machine of ["outside", ...this.lab.nodes]) {
            await this.sh(machine, `rm -rf ${folder} ${folder}.hosts`);
        }
    }
}
