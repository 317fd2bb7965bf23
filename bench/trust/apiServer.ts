import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { relayDir } from "../../lab/cluster/relayUnit.ts";
import { kubernetesBin } from "../../lab/cluster/unit.ts";
import type { Lab } from "../../lab/lab.ts";
import { controlPlane, serviceCidr } from "../../lab/network/plan.ts";
import { ApiServer } from "../../plugin/copier/apiServer.ts";

const name = "bench-trust";
const pki = "/etc/kubernetes/pki";
const port = 7443;
const prefix = `/${name}`;
/** Requests in flight, as of the plugin's own client. */
const inFlight = 8;

/**
 * A second API server in the lab's control plane, with a part of its own in the same etcd. A thousand nodes there trouble neither the lab's
 * controllers nor whoever else counts the lab's nodes.
 */
export class BenchApiServer {
    readonly api: ApiServer;
    /** Requests so far. */
    calls = 0;
    private readonly lab: Lab;

    private constructor(lab: Lab) {
        this.lab = lab;
        const { clusters, users } = JSON.parse(readFileSync(lab.kubeconfig, "utf8")) as {
            clusters: { cluster: Record<string, string> }[];
            users: { user: Record<string, string> }[];
        };
        const decoded = (text = ""): string => Buffer.from(text, "base64").toString();
        const [cluster, user] = [clusters[0]?.cluster ?? {}, users[0]?.user ?? {}];
        const options = {
            protocol: "https:",
            host: "127.0.0.1", // whom the certificate must name
            socketPath: join(dirname(lab.kubeconfig), "relay", `${name}.sock`),
            ca: decoded(cluster["certificate-authority-data"]),
            cert: decoded(user["client-certificate-data"]),
            key: decoded(user["client-key-data"]),
            agent: new Agent({ keepAlive: true, maxSockets: inFlight }),
        };
        this.api = new ApiServer(() => {
            this.calls += 1;
            return options;
        });
    }

    /** Starts it, or throws after a minute. What an earlier run left is removed first. */
    static async start(lab: Lab): Promise<BenchApiServer> {
        const server = new BenchApiServer(lab);
        await server.stop();
        await server.must([
            ...["systemd-run", `--unit=${name}`, "--collect", `${kubernetesBin}/kube-apiserver`],
            ...[`--advertise-address=${controlPlane.address}`, `--secure-port=${port.toString()}`],
            ...["--etcd-servers=http://127.0.0.1:2379", `--etcd-prefix=${prefix}`],
            `--service-cluster-ip-range=${serviceCidr}`,
            "--authorization-mode=RBAC",
            // No controller makes the ServiceAccounts that it wants to see.
            "--disable-admission-plugins=ServiceAccount",
            `--client-ca-file=${pki}/ca.crt`,
            ...[`--tls-cert-file=${pki}/apiserver.crt`, `--tls-private-key-file=${pki}/apiserver.key`],
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            `--service-account-key-file=${pki}/service-accounts.crt`,
            `--service-account-signing-key-file=${pki}/service-accounts.key`,
        ]);
        const listen = `UNIX-LISTEN:${relayDir}/${name}.sock,fork,unlink-early,mode=0600`;
        const target = `TCP:${controlPlane.address}:${port.toString()}`;
        await server.must(["systemd-run", `--unit=${name}-relay`, "--collect", "/usr/bin/socat", listen, target]);
        const until = Date.now() + 60_000;
        for (;;) {
            try {
                await server.api.list("/api/v1/nodes");
                return server;
            } catch (error) {
                if (Date.now() > until) throw error;
            }
            await sleep(500);
        }
    }

    /** Ends it and removes its data. */
    async stop(): Promise<void> {
        for (const unit of [`${name}-relay`, name]) {
            await this.lab.exec(controlPlane.name, ["systemctl", "stop", unit]); // there may be none
        }
        await this.must(["rm", "-f", `${relayDir}/${name}.sock`]);
        // Everything from `<prefix>/` to `<prefix>0`, the next that does not begin like that. The machine has no etcdctl.
        const [key, end] = [`${prefix}/`, `${prefix}0`].map((text) => Buffer.from(text).toString("base64"));
        const range = JSON.stringify({ key, range_end: end });
        await this.must(["curl", "-sS", "--fail", "--data", range, "http://127.0.0.1:2379/v3/kv/deleterange"]);
    }

    private async must(argv: readonly string[]): Promise<void> {
        const { code, stdout, stderr } = await this.lab.exec(controlPlane.name, argv);
        if (code !== 0) throw new Error(`${argv.slice(0, 3).join(" ")} failed: ${stderr || stdout}`);
    }
}
