import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import type { Lab } from "../../lab/lab.ts";
import { run } from "../../lab/machines/command.ts";
import type { SiteFacts } from "../../lab/site/stack.ts";

/** What is asked of the registry: three ways to change something, and one to read. */
const requests = [
    ["POST", "/v2/demo/hello/blobs/uploads/"],
    ["PUT", "/v2/demo/hello/manifests/1.0"],
    ["PATCH", "/v2/demo/hello/blobs/uploads/1"],
    ["DELETE", "/v2/demo/hello/manifests/1.0"],
    ["GET", "/v2/"],
] as const;

const curl = "curl --silent --output /dev/null --write-out %{http_code} --max-time 20";

/** How `login` is answered on every way to the registry: `way method status`. A way that leads nowhere answers 000. */
export async function answers(lab: Lab, facts: SiteFacts, login: string): Promise<string[]> {
    const config = `user = "${login}:${facts.passwords[login] ?? ""}"\n`;
    const [address, pod] = await Promise.all([
        value(lab, ["service", "image-registry", "-o", "jsonpath={.spec.clusterIP}"]),
        value(lab, ["pods", "-o", "jsonpath={.items[0].status.podIP}"]),
    ]);
    const service = "image-registry.kube-infra.svc:5000";
    const ways: [string, string, string, string][] = [
        ["ingress", "outside", facts.host, `--resolve ${facts.host}:443:${lab.ingressAddress}`],
        ["service", "node1", `${address}:5000`, ""],
        ["pod", "node2", service, `--connect-to ::${pod}:5000`],
    ];
    const found: string[] = [];
    for (const [way, machine, name, options] of ways) {
        await lab.exec(machine, ["sh", "-c", "cat >/root/ways.pem"], { input: facts.caBundle });
        for (const [method, path] of requests) {
            const script = `${curl} --cacert /root/ways.pem --request ${method} ${options} --config - https://${name}${path}`;
            const { stdout } = await lab.exec(machine, ["sh", "-c", script], { input: config });
            found.push(`${way} ${method} ${stdout}`);
        }
    }
    // What a port-forward reaches is the pod's loopback: the gate, and beside it nothing.
    for (const port of [5000, 5001]) {
        await forwarded(lab, port, async (local) => {
            for (const [method, path] of requests) {
                const argv = `${curl} --insecure --request ${method} --config - https://127.0.0.1:${local}${path}`;
                const { stdout } = await run(argv.split(" "), { input: config });
                found.push(`forward to ${port.toString()} ${method} ${stdout}`);
            }
        });
    }
    return found;
}

async function value(lab: Lab, words: string[]): Promise<string> {
    return (await lab.kubectl(["-n", "kube-infra", "get", ...words])).stdout;
}

/** A port-forward to the registry's pod while `use` runs; it gets the local port. */
async function forwarded(lab: Lab, port: number, use: (local: string) => Promise<void>): Promise<void> {
    const words = ["-n", "kube-infra", "port-forward", "deployment/image-registry", `:${port.toString()}`];
    const child = spawn(lab.kubectlPath, ["--kubeconfig", lab.kubeconfig, ...words], {
        stdio: ["ignore", "pipe", "ignore"],
    });
    try {
        const lines = createInterface({ input: child.stdout });
        const [line] = (await once(lines, "line")) as [string];
        await use(/127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? "0");
    } finally {
        child.kill();
    }
}
