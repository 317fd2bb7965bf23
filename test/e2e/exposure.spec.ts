import assert from "node:assert/strict";

import type { SiteFacts } from "../../lab/site/stack.ts";
import { apps, ExposureSite, prefix } from "../support/exposureSite.ts";

const host = `${prefix}.site.test`;
/** As the seeds have it: no dot, and so a port. */
const shortHost = `${prefix}:5000`;

describe("the ways in, on the lab", () => {
    let site: ExposureSite;
    let facts: SiteFacts;

    before(async () => {
        site = await ExposureSite.prepare();
        await site.pulumi(["destroy", "--yes", "--skip-preview"]);
        await site.lab.kubectl(["create", "namespace", apps]);
        site.set({ extraHosts: [shortHost], pullSecret: { name: `${prefix}-pull`, namespaces: [apps] } });
        await site.up();
        facts = await site.stack.facts();
        for (const machine of ["outside", "node1", "node2"]) await site.trust(machine, facts);
    });

    after(async () => {
        await site.lab.kubectl(["delete", "namespace", apps, "--wait=false"]);
        await site.remove();
    });

    it("passthrough: a client outside is handed through to the registry's own certificate", async () => {
        await site.answers("outside", host, site.lab.ingressAddress);
        await site.push(host, facts);
    });

    it("host:port: every node pulls by it, through its own directory and its own entry of the pull secret", async () => {
        await Promise.all(
            site.lab.nodes.map((node) => site.pull(node, `${shortHost}/demo/hello:1.0`, `${prefix}-pull`)),
        );
    });

    it("another stack gets none of the names, addresses and ports in use, and is told all of them at once", async () => {
        const other = await ExposureSite.prepare(`${prefix}-other`);
        const kubernetes = await site.kubectl("get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}");
        other.set(
            {
                namespace: site.namespace,
                extraHosts: [shortHost],
                clusterIP: kubernetes,
                exposure: "gateway",
                gateway: { name: "none", namespace: apps },
            },
            false,
        );
        const before = await site.kubectl("get", "all,ingressroutetcps.traefik.io", "-n", site.namespace, "-o", "name");
        for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const said = await other.pulumi(args, 1);
            const expected = [
                `registry.namespace: is "${site.namespace}"; this namespace exists, and this stack did not make it`,
                `registry.host: is "${host}", which is taken by the registry ${site.namespace}/${site.namespace}`,
                `registry.host: is "${host}", which is taken by the IngressRouteTCP ${site.namespace}/${site.namespace}`,
                `registry.host: is "${shortHost}", which is taken by the registry`,
                `registry.clusterIP: is "${kubernetes}", which is taken by the Service default/kubernetes`,
                `registry.gateway: is ${apps}/none; there is no such Gateway`,
            ];
            for (const line of expected) assert.ok(said.includes(line), `${line}\n${said}`);
        }
        assert.equal(
            await site.kubectl("get", "all,ingressroutetcps.traefik.io", "-n", site.namespace, "-o", "name"),
            before,
        );
        await other.pulumi(["destroy", "--yes", "--skip-preview"]);
        other.stack.forget();
    });

    it("ingress: Traefik terminates TLS, verifies the registry, and `up` warns of its timeout", async () => {
        site.set({ extraHosts: [shortHost], exposure: "ingress" });
        const said = await site.up();
        assert.match(said, /entry point websecure ends every upload that takes longer than 60 s/);
        const served = await site.kubectl(
            "get",
            "ingress",
            "-n",
            site.namespace,
            "-o",
            "jsonpath={.items[*].metadata.name}",
        );
        assert.equal(served, site.namespace);
        await site.answers("outside", host, site.lab.ingressAddress);
        // With roots that are not the registry's, Traefik must not believe it.
        const roots = ["-n", site.namespace, "configmap", `${site.namespace}-ca`];
        const foreign = await site.kubectl(
            "get",
            "-n",
            "kube-system",
            "configmap",
            "extension-apiserver-authentication",
            "-o",
            "jsonpath={.data.client-ca-file}",
        );
        assert.match(foreign, /BEGIN CERTIFICATE/);
        await site.kubectl("patch", ...roots, "-p", JSON.stringify({ data: { "ca.crt": foreign } }));
        await site.answers("outside", host, site.lab.ingressAddress, "500");
        await site.kubectl("patch", ...roots, "-p", JSON.stringify({ data: { "ca.crt": facts.caBundle } }));
        await site.answers("outside", host, site.lab.ingressAddress);
        await site.pulumi(["preview", "--expect-no-changes"]);
    });
});
