import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { HostSite } from "../support/hostSite.ts";
import { hostsTomlOf } from "../support/kubesprayTemplate.ts";
import { runningLab } from "../support/runningLab.ts";

const name = "host-nodes";
/** What kubespray calls /etc/containerd/certs.d, out of the way of the lab's own. */
const folder = `/tmp/${name}`;
const source = "registry.k8s.io/pause:3.10";

/** A Pod of one image, which its node has to ask the registry for. */
function podOn(nodeName: string, pod: string, image: string): string {
    const containers = [{ name: "pause", image, imagePullPolicy: "Always" }];
    return JSON.stringify({
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: pod } },
        spec: { nodeName, containers, terminationGracePeriodSeconds: 0 },
    });
}

describe("a node that is configured from what is written for kubespray", () => {
    let lab: Lab;
    let site: HostSite;
    const on = async (machine: string, script: string, input = ""): Promise<string> => {
        const { code, stdout, stderr } = await lab.exec(machine, ["sh", "-euc", script], { input });
        assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
        return `${stdout}${stderr}`;
    };
    const node = (script: string, input = ""): Promise<string> => on("node1", script, input);
    async function kubectl(args: string[], input = ""): Promise<void> {
        const { code, stderr } = await lab.kubectl(args, { input });
        assert.equal(code, 0, `kubectl ${args.join(" ")}\n${stderr}`);
    }

    before(async () => {
        lab = await runningLab();
        const [address = ""] = (await lab.exec("host1", ["hostname", "-I"])).stdout.split(/\s+/);
        // Without a name, a node needs neither DNS nor an entry in /etc/hosts.
        site = new HostSite(lab, name, 5446, address);
        await site.prepare();
        // The machine itself is the node over SSH: it has containerd and sshd.
        const { address: at, port, hostKey } = lab.ssh();
        site.change({ kubespray: { version: "2.31.0" }, nodes: [{ name: "node", address: at, port, hostKey }] });
        await site.up();
    });
    after(async () => {
        // What images held is collected behind their removal, and a namespace that holds something stays.
        const forget = `for try in 1 2 3 4 5 6 7 8; do sleep 1; if ctr ns rm ${name}; then break; fi; done`;
        await node(`rm -rf ${folder}; ctr -n ${name} images ls -q | xargs -r ctr -n ${name} images rm; ${forget}`);
        await site.destroy();
    });

    it("has the root where the file says, over SSH, and has reached the registry with its login", async () => {
        const { hostCaBundle, hostNodesReach, kubespray = "" } = await site.outputs();
        assert.deepEqual(hostNodesReach, { node: "reached" });
        const ca = /ca: "?([^"\n]+)/.exec(kubespray)?.[1] ?? "";
        assert.equal(await site.on(`cat '${ca}'`), hostCaBundle);
    });

    it("pulls, with its login and the root alone", async () => {
        const { hostCaBundle, hostPasswords, hostRegistries, kubespray = "" } = await site.outputs();
        const host = hostRegistries[0]?.host ?? "";
        const password = hostPasswords.registry ?? "";
        await node(`mkdir -p ${folder}; cat >${folder}/root.crt`, hostCaBundle);
        const image = `${host}/pause:3.10`;
        const ctr = `ctr -n ${name}`;
        await node(
            `ctr -n k8s.io images export ${folder}/pause.tar ${source}; ${ctr} images import ${folder}/pause.tar`,
        );
        await node(`${ctr} images push --tlscacert ${folder}/root.crt --user registry:${password} ${image} ${source}`);
        await node(`${ctr} images rm ${source}`);
        const refused = await lab.exec("node1", ["sh", "-c", `${ctr} images pull ${image}`]);
        assert.match(refused.stderr, /x509|certificate/);

        const hosts = hostsTomlOf(kubespray, { user: "registry", password });
        const text = (hosts[host] ?? "").replaceAll("/etc/containerd/certs.d", `${folder}/certs.d`);
        const ca = /ca = \["(.*)"\]/.exec(text)?.[1] ?? "";
        await node(`mkdir -p '${folder}/certs.d/${host}'; cp ${folder}/root.crt '${ca}'`);
        await node(`cat >'${folder}/certs.d/${host}/hosts.toml'`, text);
        await node(`${ctr} images pull --hosts-dir ${folder}/certs.d ${image}`);
        assert.match(await node(`${ctr} images ls -q`), new RegExp(image));
    });

    it("pulls by its kubelet, whatever containerd it has", async () => {
        const { hostPasswords, hostCaBundle, hostRegistries, kubespray = "" } = await site.outputs();
        const host = hostRegistries[0]?.host ?? "";
        const certs = `/etc/containerd/certs.d/${host}`;
        const hosts = hostsTomlOf(kubespray, { user: "registry", password: hostPasswords.registry ?? "" });
        const ca = /ca = \["(.*)"\]/.exec(hosts[host] ?? "")?.[1] ?? "";
        for (const machine of lab.nodes) {
            await on(machine, `mkdir -p '${certs}'; cat >'${ca}'`, hostCaBundle);
            await on(machine, `cat >'${certs}/hosts.toml'; chmod 640 '${certs}/hosts.toml'`, hosts[host]);
        }
        try {
            for (const machine of lab.nodes) {
                const pod = `${name}-${machine}`;
                await kubectl(["delete", "pod", pod, "--ignore-not-found", "--now"]);
                await kubectl(["apply", "--filename", "-"], podOn(machine, pod, `${host}/pause:3.10`));
                await kubectl(["wait", `pod/${pod}`, "--for=condition=Ready", "--timeout=120s"]);
                const { stdout } = await lab.kubectl([
                    "get",
                    "events",
                    "--field-selector",
                    `involvedObject.name=${pod}`,
                ]);
                assert.match(stdout, new RegExp(`Successfully pulled image "${host}/pause:3\\.10"`));
            }
        } finally {
            for (const machine of lab.nodes) {
                await lab.kubectl(["delete", "pod", `${name}-${machine}`, "--ignore-not-found", "--now"]);
                await on(
                    machine,
                    `rm -rf '${certs}'; ctr -n k8s.io images ls -q | grep '^${host}/' | xargs -r ctr -n k8s.io images rm`,
                );
            }
        }
    });

    it("believes both roots while the authority is rotated, and then the second alone", async () => {
        const roots = async (): Promise<string[]> => (await site.outputs()).hostCaBundle.match(/-----BEGIN/g) ?? [];
        const first = (await site.outputs()).hostCaBundle;
        site.change({ certificate: { ca: { trusted: [1, 2], signing: 1 } } });
        await site.up();
        assert.equal((await roots()).length, 2);
        site.change({ certificate: { ca: { trusted: [1, 2], signing: 2 } } });
        await site.up();
        assert.equal(await site.code("/v2/"), "401");
        site.change({ certificate: { ca: { trusted: [2], signing: 2 } } });
        await site.up();
        const { hostCaBundle, hostNodesReach, kubespray = "" } = await site.outputs();
        assert.equal((await roots()).length, 1);
        assert.notEqual(hostCaBundle, first);
        assert.deepEqual(hostNodesReach, { node: "reached" });
        const ca = /ca: "?([^"\n]+)/.exec(kubespray)?.[1] ?? "";
        assert.equal(await site.on(`cat '${ca}'`), hostCaBundle);
        // What stands there is the stack's own again, with the login that kubespray would have written.
        assert.match(await site.on(`cat "$(dirname '${ca}')/hosts.toml"`), /[Aa]uthorization/);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("has forgotten it at the end", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.equal(
            await site.on(
                "find /etc/containerd/certs.d /var/lib/siteregistry -name '*:5446*' -o -name '*host-nodes*' 2>/dev/null || true",
            ),
            "",
        );
    });
});
