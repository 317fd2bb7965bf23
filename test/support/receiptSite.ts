import type { ApiServer } from "../../plugin/copier/apiServer.ts";
import type { Properties } from "../../plugin/properties.ts";

/** An image that every node of the lab has. */
const image = "docker.io/library/registry:3.1.2";

/**
 * Stands for the agent: it reports as that does, and on a node named in `fail` it says that it cannot. The verb is the last word of its
 * command, as it is of the agent's.
 */
const script = `
report() { printf '%s' "$1" >/dev/termination-log; }
case $1 in
    apply | remove)
        case ,$FAIL, in *,$1:$NODE,*)
            report '{"status":"failed","cause":"no room on the disk"}'
            exit 1 ;;
        esac ;;
esac
case $1 in
    apply) if [ -z "$TURN" ]; then report '{"status":"waiting"}'; else report "{\\"status\\":\\"applied\\",\\"bundle\\":\\"$BUNDLE_ID\\",\\"paths\\":[\\"/etc/trust\\"],\\"warnings\\":[\\"a colon list\\"]}"; fi ;;
    remove) report '{"status":"removed"}' ;;
    *) trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done ;;
esac`;

/** A namespace with a DaemonSet that stands for the agents. */
export class ReceiptSite {
    readonly namespace: string;
    private readonly api: ApiServer;

    /** Labels of the nodes that its DaemonSets want. */
    private readonly selector: Record<string, string>;

    constructor(api: ApiServer, namespace: string, selector: Record<string, string> = { "kubernetes.io/os": "linux" }) {
        this.api = api;
        this.namespace = namespace;
        this.selector = selector;
    }

    /** Inputs of the receipts that this site's nodes shall give. */
    inputs(bundle: string, timeoutSeconds = 60): Properties {
        const { namespace } = this;
        return { namespace, owner: namespace, daemonSets: ["agent"], bundles: { agent: bundle }, timeoutSeconds };
    }

    async create(): Promise<void> {
        await this.api.send("POST", "/api/v1/namespaces", { metadata: { name: this.namespace } });
    }

    /** Makes or changes the agent. `fail` are `<verb>:<node>` that do not work. `oneByOne`: they wait for their turn, and for each other. */
    async putAgent(bundle: string, fail: readonly string[] = [], oneByOne = false): Promise<void> {
        const env = [
            { name: "BUNDLE_ID", value: bundle },
            { name: "FAIL", value: fail.join(",") },
            { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
            ...(oneByOne
                ? [{ name: "TURN", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['turn']" } } }]
                : [{ name: "TURN", value: "given" }]),
        ];
        const container = (name: string, verb: string) => ({
            name,
            image,
            imagePullPolicy: "IfNotPresent",
            command: ["sh", "-c", script, "agent", verb],
            env,
        });
        await this.putDaemonSet(
            "agent",
            {
                terminationGracePeriodSeconds: 1,
                initContainers: [container("apply", "apply")],
                containers: [
                    {
                        ...container("watch", "watch"),
                        lifecycle: { preStop: { exec: { command: ["true"] } } },
                    },
                ],
            },
            oneByOne ? { maxSurge: 0, maxUnavailable: 1 } : undefined,
        );
    }

    /** Makes or changes a DaemonSet that pulls an image. */
    async putPuller(pulled: string): Promise<void> {
        await this.putDaemonSet("puller", {
            terminationGracePeriodSeconds: 1,
            containers: [{ name: "proof", image: pulled, imagePullPolicy: "Always" }],
        });
    }

    async remove(): Promise<void> {
        await this.api.send("DELETE", `/api/v1/namespaces/${this.namespace}`, { propagationPolicy: "Background" });
    }

    /** By apply, as the engine does. */
    private async putDaemonSet(
        name: string,
        template: Record<string, unknown>,
        rollingUpdate: object = { maxSurge: "25%", maxUnavailable: 0 },
    ): Promise<void> {
        const labels = { app: `${this.namespace}-${name}` };
        await this.api.send(
            "PATCH",
            `/apis/apps/v1/namespaces/${this.namespace}/daemonsets/${name}?fieldManager=engine`,
            {
                apiVersion: "apps/v1",
                kind: "DaemonSet",
                metadata: { name, namespace: this.namespace },
                spec: {
                    selector: { matchLabels: labels },
                    updateStrategy: { type: "RollingUpdate", rollingUpdate },
                    template: {
                        metadata: { labels },
                        spec: {
                            automountServiceAccountToken: false,
                            tolerations: [{ operator: "Exists" }],
                            nodeSelector: this.selector,
                            ...template,
                        },
                    },
                },
            },
            { "content-type": "application/apply-patch+yaml" },
        );
    }
}
