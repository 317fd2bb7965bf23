import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { Stack } from "../../lab/site/stack.ts";
import { runningLab } from "../support/runningLab.ts";

const name = "harbor-install";

describe("a stack that installs its Harbor", () => {
    let lab: Lab;
    let stack: Stack;

    const succeed = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await stack.pulumi(args);
        assert.equal(code, 0, `${args.join(" ")}\n${stdout}${stderr}`);
        return stdout;
    };
    const install = (section: object): void => {
        stack.set((config) => {
            for (const key of Object.keys(config))
                if (key.startsWith("siteregistry:harbor")) Reflect.deleteProperty(config, key);
            config["siteregistry:harbor"] = { url: `https://${name}.site.test`, install: section };
        });
    };
    const kubectl = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await lab.kubectl(["--namespace", name, ...args]);
        assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
        return stdout;
    };
    before(async () => {
        lab = await runningLab();
        stack = new Stack("casd", join(tmpdir(), `${name}-site`), lab.kubeconfig, name);
        await stack.prepare();
        await succeed("destroy", "--yes", "--skip-preview");
        stack.forget();
        await lab.kubectl(["delete", "namespace", name, "--ignore-not-found"]);
        await stack.prepare();
    });
    after(async () => {
        await lab.kubectl(["delete", "namespace", name, "--ignore-not-found", "--wait=false"]);
        stack.forget();
    });

    describe("by its chart", () => {
        before(() => {
            const values = {
                expose: { ingress: { className: "traefik" } },
                core: { image: { repository: "registry.k8s.io/pause", tag: "3.10" } },
            };
            install({ kind: "chart", chart: { path: "test/charts/harbor", namespace: name, release: "h", values } });
        });

        it("has what the chart renders accepted, and its pods running", async () => {
            await succeed("up", "--yes", "--skip-preview");
            const ready = "jsonpath={.status.readyReplicas} {.spec.template.spec.volumes[*].secret.secretName}";
            const found = await kubectl("get", "deployment", "h-core", "-o", ready);
            assert.equal(found, "1 h-site-keys h-site-token h-site-roots h-site-keys");
            const ingress = await kubectl("get", "ingress", "h-ingress", "-o", "jsonpath={.spec.tls[0]}");
            assert.deepEqual(JSON.parse(ingress), { hosts: [`${name}.site.test`], secretName: "h-site-tls" });
        });

        it("is as it was at the next run, and shows its first password to nobody who is not asked", async () => {
            await succeed("preview", "--expect-no-changes");
            await succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes");
            const { harborPassword } = JSON.parse(await succeed("stack", "output", "--json", "--show-secrets")) as {
                harborPassword: string;
            };
            const admin = await kubectl(
                "get",
                "secret",
                "h-site-admin",
                "-o",
                "jsonpath={.data.HARBOR_ADMIN_PASSWORD}",
            );
            assert.equal(Buffer.from(admin, "base64").toString(), harborPassword);
            assert.ok(!(await succeed("stack", "export")).includes(harborPassword));
        });

        it("leaves its volume, and the namespace that it is in", async () => {
            await succeed("destroy", "--yes", "--skip-preview");
            await eventually("removing the pods", 60, async () => (await kubectl("get", "pods", "-o", "name")) === "");
            const left = await kubectl("get", "deployments,ingresses,persistentvolumeclaims,secrets", "-o", "name");
            assert.equal(left.trim(), "persistentvolumeclaim/h-registry");
        });
    });
});
