import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import type { SiteFacts } from "../../lab/site/stack.ts";
import { ExposureSite, prefix } from "../support/exposureSite.ts";

const host = `${prefix}.site.test`;
const nodePort = 30555;
const nodePortHost = `${prefix}:${nodePort.toString()}`;
/** An address of nobody (RFC 5737), which the test has a load balancer give. */
const balanced = "192.0.2.55";

describe("the ways in that take longer", () => {
    let site: ExposureSite;
    let facts: SiteFacts;
    const nodeAddresses: string[] = [];

    before(async () => {
        site = await ExposureSite.prepare();
        await site.pulumi(["destroy", "--yes", "--skip-preview"]);
        site.set({}, false);
        await site.up();
        facts = await site.stack.facts();
        for (const machine of ["outside", "node1", "node2"]) await site.trust(machine, facts);
        const addresses = await site.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.addresses[0].address}");
        nodeAddresses.push(...addresses.split(" "));
    });

    after(async () => {
        await site.remove();
    });

    /** Sends the outside machine's upload of so many seconds, and returns its status or curl's error, and the seconds. */
    async function upload(seconds: number): Promise<{ said: string; took: number }> {
        const to = `--silent --show-error --cacert /root/${prefix}/ca.crt --config /root/${prefix}/login --resolve ${host}:443:${site.lab.ingressAddress}`;
        const script = [
            // Incompressible or not is the same to a registry; the rate is what makes it last.
            `dd if=/dev/urandom of=/root/${prefix}/blob bs=64k count=${seconds.toString()} 2>/dev/null`,
            `digest=$(sha256sum /root/${prefix}/blob | cut -d' ' -f1)`,
            `place=$(curl ${to} --request POST --dump-header - --output /dev/null https://${host}/v2/${prefix}/slow/blobs/uploads/ | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')`,
            `case $place in /*) place=https://${host}$place ;; esac`,
            `case $place in *\\?*) place="$place&digest=sha256:$digest" ;; *) place="$place?digest=sha256:$digest" ;; esac`,
            `curl ${to} --http1.1 --limit-rate 64k --expect100-timeout 1 --header 'Content-Type: application/octet-stream' --upload-file /root/${prefix}/blob --output /dev/null --write-out '%{http_code}' "$place" || true`,
        ].join("\n");
        const begin = performance.now();
        const result = await site.lab.exec("outside", ["sh", "-uc", script]);
        return { said: `${result.stdout}${result.stderr}`.trim(), took: (performance.now() - begin) / 1000 };
    }

    it("passthrough: an upload that takes 75 seconds succeeds", async () => {
        await site.answers("outside", host, site.lab.ingressAddress);
        const { said, took } = await upload(76);
        assert.equal(said, "201");
        assert.ok(took >= 75, `it took ${took.toFixed(0)} s only`);
    });

    it("ingress: an upload that takes 75 seconds fails at Traefik's read timeout, as `up` has warned", async () => {
        site.set({ exposure: "ingress" }, false);
        assert.match(await site.up(), /ends every upload that takes longer than 60 s/);
        await site.answers("outside", host, site.lab.ingressAddress);
        const { said, took } = await upload(76);
        assert.doesNotMatch(said, /^201/);
        assert.ok(took > 55 && took < 75, `${said} after ${took.toFixed(0)} s`);
    });

    it("gateway: a TLSRoute hands the connection through, and is done when the Gateway has accepted it", async () => {
        site.set({ exposure: "gateway", gateway: { name: "site", namespace: "traefik" } }, false);
        await site.up();
        await site.answers("outside", host, site.lab.ingressAddress);
        const accepted = 'jsonpath={.items[*].status.parents[*].conditions[?(@.type=="Accepted")].status}';
        assert.equal(await site.kubectl("get", "tlsroutes", "-n", site.namespace, "-o", accepted), "True");
        await site.pulumi(["preview", "--expect-no-changes"]);
    });

    it("nodePort: every node answers at the port, and a second stack does not get it", async () => {
        site.set({ host: nodePortHost, exposure: "nodePort", nodePort: { port: nodePort } }, false);
        await site.up();
        for (const address of nodeAddresses) await site.answers("node2", nodePortHost, address);
        const other = await ExposureSite.prepare(`${prefix}-other`);
        other.set({ host: "other.site.test", exposure: "nodePort", nodePort: { port: nodePort } }, false);
        const said = await other.pulumi(["preview"], 1);
        assert.ok(
            said.includes(
                `registry.nodePort.port: is ${nodePort.toString()}, which is taken by the Service ${site.namespace}/`,
            ),
            said,
        );
        other.stack.forget();
        await site.pulumi(["preview", "--expect-no-changes"]);
    });

    it("loadBalancer: `up` waits for its address, which is then on the certificate", async () => {
        site.set({ host: balanced, exposure: "loadBalancer", loadBalancer: { addressInCertificate: true } }, false);
        const [said] = await Promise.all([site.up(), playLoadBalancer()]);
        assert.match(said, /Found \{\.status\.loadBalancer\.ingress/);
        // kube-proxy serves a load balancer's address on the nodes themselves.
        await site.answers("node1", balanced, balanced);
        await site.pulumi(["preview", "--expect-no-changes"]);
    });

    /** Does what a load balancer does: gives the Service an address. */
    async function playLoadBalancer(): Promise<void> {
        const service = ["service", site.namespace, "-n", site.namespace];
        for (;;) {
            const found = await site.kubectl("get", ...service, "-o", "jsonpath={.spec.type}");
            if (found === "LoadBalancer") break;
            await setTimeout(500);
        }
        const status = { status: { loadBalancer: { ingress: [{ ip: balanced }] } } };
        await site.kubectl("patch", ...service, "--subresource=status", "--type=merge", "-p", JSON.stringify(status));
    }
});
