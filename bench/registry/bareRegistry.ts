import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { must } from "../../lab/machines/command.ts";
import { machinePid } from "../../lab/machines/machine.ts";
import { namespacePath } from "../../lab/network/namespaces.ts";
import { nodes } from "../../lab/network/plan.ts";

const namespace = "bench-bare";
const port = 5001;
const storage = "/var/lib/lab-storage/bench-bare";

/** What the measured registry is compared with. */
export interface BareRegistry {
    /** `address:port`, as the outside machine reaches it. Plain HTTP, no login. */
    readonly host: string;
    /** Directory on the node that holds its content. */
    readonly storage: string;
    readonly remove: () => Promise<void>;
}

/**
 * Starts the same image on the same node with its storage on the same file system, and nothing else: no TLS, no login, on the
 * node's own network, reached by its address. The router lets the outside machine through to that port as long as it runs.
 */
export async function startBareRegistry(lab: Lab, node: string, image: string): Promise<BareRegistry> {
    const address = nodes.find(({ name }) => name === node)?.address ?? "";
    await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(objects(node, image)));
    await mustKubectl(lab, ["-n", namespace, "wait", "pod/bare", "--for=condition=Ready", "--timeout=120s"]);
    const rule = ["-i", "outside-lan", "-d", address, "-p", "tcp", "--dport", port.toString(), "-j", "ACCEPT"];
    await router(node, ["iptables", "-I", "FORWARD", "1", ...rule]);
    return {
        host: `${address}:${port.toString()}`,
        storage,
        remove: async () => {
            await router(node, ["iptables", "-D", "FORWARD", ...rule]);
            await mustKubectl(lab, ["delete", "namespace", namespace]);
            await lab.exec(node, ["rm", "-rf", storage]);
        },
    };
}

/** Runs a program of a machine in the network of the lab's router, which has no programs of its own. */
async function router(machine: string, argv: string[]): Promise<void> {
    const target = machinePid(machine)?.toString() ?? "";
    const enter = ["nsenter", "--target", target, "--mount", "--root", "--wd", `--net=${namespacePath("router")}`];
    await must([...enter, "--", ...argv]);
}

function objects(node: string, image: string): object {
    const config = {
        version: "0.1",
        log: { level: "info", accesslog: { disabled: false } },
        // No cache, as in the registry it is compared with: the storage is emptied between the rounds.
        storage: { filesystem: { rootdirectory: "/data" } },
        http: { addr: `:${port.toString()}`, relativeurls: true },
    };
    const container = {
        ...{ name: "registry", image, imagePullPolicy: "IfNotPresent", args: ["/config/config.yml"] },
        env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
        readinessProbe: { httpGet: { path: "/v2/", port }, periodSeconds: 1 },
        volumeMounts: [
            { name: "config", mountPath: "/config" },
            { name: "data", mountPath: "/data" },
        ],
    };
    const spec = {
        nodeName: node,
        hostNetwork: true,
        containers: [container],
        volumes: [
            { name: "config", configMap: { name: "bare" } },
            { name: "data", hostPath: { path: storage, type: "DirectoryOrCreate" } },
        ],
    };
    const metadata = { name: "bare", namespace };
    return {
        apiVersion: "v1",
        kind: "List",
        items: [
            { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
            { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "config.yml": JSON.stringify(config) } },
            { apiVersion: "v1", kind: "Pod", metadata, spec },
        ],
    };
}
