import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { checkout } from "../../lab/paths.ts";
import { copyTools, onPath } from "../support/copyTools.ts";
import { HostSite } from "../support/hostSite.ts";
import { hostsTomlOf } from "../support/kubesprayTemplate.ts";
import { runningLab } from "../support/runningLab.ts";
import { tunnelTo, type Tunnel } from "../support/tunnel.ts";

const name = "host-move";
const port = 5449;
const tunnelPort = 15449;
const pods = `${name}-pods`;
const source = "registry.k8s.io/pause:3.10";

describe("a registry that moves from a machine into the cluster", () => {
    let lab: Lab;
    let site: HostSite;
    let folder: string;
    let tunnel: Tunnel;
    let restorePath: () => void;
    let host: string;
    let certs: string;

    const on = async (machine: string, script: string, input = ""): Promise<string> => {
        const { code, stdout, stderr } = await lab.exec(machine, ["sh", "-euc", script], { input });
        assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
        return stdout;
    };
    const onNodes = async (script: string, input = ""): Promise<void> => {
        for (const machine of lab.nodes) await on(machine, script, input);
    };

    /** Has the kubelet of every node ask for the image, and start it. */
    async function pulled(): Promise<void> {
        for (const nodeName of lab.nodes) {
            const pod = `${name}-${nodeName}`;
            const containers = [{ name: "pause", image: `${host}/pause:3.10`, imagePullPolicy: "Always" }];
            const spec = { nodeName, containers, terminationGracePeriodSeconds: 0 };
            const input = JSON.stringify({
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: pod, namespace: pods },
                spec,
            });
            for (const [args, text] of [
                [["apply", "--filename", "-"], input],
                [["wait", `pod/${pod}`, "--namespace", pods, "--for=condition=Ready", "--timeout=120s"], ""],
                [["delete", "pod", pod, "--namespace", pods, "--now"], ""],
            ] as const) {
                const { code, stderr } = await lab.kubectl(args, { input: text });
                assert.equal(code, 0, `kubectl ${args.join(" ")}\n${stderr}`);
            }
        }
    }

    before(async () => {
        lab = await runningLab();
        folder = mkdtempSync(join(tmpdir(), `${name}-`));
        restorePath = onPath(await copyTools(join(folder, "bin")));
        tunnel = await tunnelTo(lab, folder, tunnelPort, port);
        site = new HostSite(lab, name, port);
        host = `${site.host}:${port.toString()}`;
        certs = `/etc/containerd/certs.d/${host}`;
        await site.prepare();
        await lab.kubectl(["create", "namespace", pods]);
        await lab.kubectl(["--namespace", pods, "wait", "serviceaccount/default", "--for=create", "--timeout=30s"]);
        const [address = ""] = (await lab.exec("host1", ["hostname", "-I"])).stdout.split(/\s+/);
        await onNodes(`cp /etc/hosts /tmp/${name}-hosts; echo '${address} ${site.host}' >>/etc/hosts`);
    });
    after(async () => {
        await site.destroy();
        await lab.kubectl(["delete", "namespace", pods, "--ignore-not-found"]);
        await onNodes(
            `cat /tmp/${name}-hosts >/etc/hosts; rm -rf /tmp/${name}-hosts '${certs}'; ctr -n k8s.io images ls -q | grep '^${host}/' | xargs -r ctr -n k8s.io images rm`,
        );
        tunnel.close();
        restorePath();
        rmSync(folder, { recursive: true, force: true });
    });

    it("is on the machine at first, from which nodes pull as kubespray has configured them", async () => {
        const path = lab.archives[source] ?? "";
        const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
        site.change({ kubespray: { version: "2.31.0" } });
        site.stack.set((config) => {
            config["siteregistry:images"] = {
                ...{ source: { kind: "archive", path, sha256 }, list: [{ image: source }] },
                ...{ destination: "host", address: `127.0.0.1:${tunnelPort.toString()}` },
            };
        });
        await site.up();
        const { hostCaBundle, hostPasswords, kubespray = "" } = await site.outputs();
        const toml = hostsTomlOf(kubespray, { user: "registry", password: hostPasswords.registry ?? "" })[host] ?? "";
        const ca = /ca = \["(.*)"\]/.exec(toml)?.[1] ?? "";
        await onNodes(`mkdir -p '${certs}'; cat >'${ca}'`, hostCaBundle);
        await onNodes(`cat >'${certs}/hosts.toml'`, toml);
        await pulled();
    });

    it("is in the cluster then, with the same authority, name, login and images, and not on the machine", async () => {
        const { hostCaBundle, hostPasswords, images } = await site.outputs();
        const password = hostPasswords.registry ?? "";
        const digest = images?.[0]?.digest ?? "";
        const file = join(folder, "authority.pem");
        for (const args of [
            ["export", "kubespray", file],
            ["import", "kubespray", file, "--config-file", site.stack.file],
        ]) {
            const env = { ...process.env, ...site.stack.environment(), SITEREGISTRY_CA_PASSPHRASE: "only for the way" };
            const done = spawnSync("node", [join(checkout, "tools/ca.ts"), ...args], { env, encoding: "utf8" });
            assert.equal(done.status, 0, done.stderr);
        }
        await site.secret("passwords.registry", password);
        const from = `127.0.0.1:${tunnelPort.toString()}`;
        await site.secret(`imageCredentials["${from}"].user`, "registry");
        await site.secret(`imageCredentials["${from}"].password`, password);
        site.stack.set((config) => {
            config["siteregistry:registry"] = {
                ...{ name: `${name}-registry`, namespace: `${name}-registry`, host },
                // What pods ask for without naming a Secret, as they did when kubespray's configuration had the login.
                pullSecret: { namespaces: [pods], serviceAccounts: ["default"] },
                ...{ proof: { namespace: `${name}-proof` }, storage: { size: "1Gi", keepOnDestroy: false } },
                certificate: { mode: "givenAuthority" },
            };
            config["siteregistry:nodeTrust"] = { namespace: `${name}-trust` };
            config["siteregistry:images"] = {
                source: { kind: "registry", host: from, caBundle: hostCaBundle },
                list: [{ image: `${from}/pause:3.10`, digest }],
            };
        });
        await site.up();
        site.stack.set((config) => {
            delete config["siteregistry:images"];
            delete config["siteregistry:imageCredentials"];
        });
        site.change({ state: "stopped" });
        await site.up();

        const moved = (await site.outputs()) as unknown as { caBundle: string; host: string };
        assert.equal(moved.caBundle, hostCaBundle);
        assert.equal(moved.host, host);
        assert.equal(await site.on(`systemctl is-active ${site.unit} || true`), "inactive\n");
        await onNodes(`ctr -n k8s.io images rm '${host}/pause:3.10' || true`);
        await pulled();
        assert.match(await on("node1", `ctr -n k8s.io images ls name==${host}/pause:3.10`), new RegExp(digest));
        await site.pulumi("preview", "--expect-no-changes");
    });
});
