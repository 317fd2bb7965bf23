import { setTimeout } from "node:timers/promises";

import { dockerConfig } from "../../components/registry/dockerConfig.ts";
import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";

/** Who logs in where, as a pull secret has it. */
export interface PullLogin {
    /** Host as image references name it. */
    host: string;
    user: string;
    password: string;
}

interface PodStatus {
    containerStatuses?: { started?: boolean; state?: { waiting?: { reason?: string; message?: string } } }[];
}

const secretName = "login";

/** Pulls by nodes as pods cause them: through the kubelet of one node, of an image that it does not have. */
export class NodePulls {
    private readonly lab: Lab;
    private readonly namespace: string;
    private turn = 0;

    constructor(lab: Lab, namespace: string) {
        this.lab = lab;
        this.namespace = namespace;
    }

    /** Makes the namespace, with a pull secret of these logins. */
    async prepare(logins: readonly PullLogin[] = []): Promise<void> {
        const { namespace } = this;
        const items = [
            { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
            {
                ...{ apiVersion: "v1", kind: "Secret", metadata: { name: secretName, namespace } },
                type: "kubernetes.io/dockerconfigjson",
                stringData: { ".dockerconfigjson": dockerConfig([...logins]) },
            },
        ];
        await mustKubectl(this.lab, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    }

    /** Has the node pull and start the image, with the pull secret or without. Returns undefined, or the runtime's words where it could not. */
    async attempt(node: string, image: string, { login = true } = {}): Promise<string | undefined> {
        this.turn += 1;
        const pod = `pull-${this.turn.toString()}`;
        const manifest = {
            ...{ apiVersion: "v1", kind: "Pod", metadata: { name: pod, namespace: this.namespace } },
            spec: {
                nodeSelector: { "kubernetes.io/hostname": node },
                tolerations: [{ operator: "Exists" }],
                terminationGracePeriodSeconds: 0,
                automountServiceAccountToken: false,
                imagePullSecrets: login ? [{ name: secretName }] : [],
                containers: [{ name: "main", image, imagePullPolicy: "Always" }],
            },
        };
        await mustKubectl(this.lab, ["create", "-f", "-"], JSON.stringify(manifest));
        try {
            return await this.outcome(pod);
        } finally {
            const gone = ["delete", "pod", pod, "--namespace", this.namespace, "--now", "--timeout=60s"];
            await this.lab.kubectl(gone);
            await forgetImage(this.lab, node, image);
        }
    }

    async remove(): Promise<void> {
        await this.lab.kubectl(["delete", "namespace", this.namespace, "--ignore-not-found"]);
    }

    private async outcome(pod: string): Promise<string | undefined> {
        const read = ["get", "pod", pod, "--namespace", this.namespace, "--output", "jsonpath={.status}"];
        let last = "";
        const end = performance.now() + 90_000;
        while (performance.now() < end) {
            last = await mustKubectl(this.lab, read);
            const [container] = (JSON.parse(last) as PodStatus).containerStatuses ?? [];
            if (container?.started === true) return undefined;
            const { reason = "", message = "" } = container?.state?.waiting ?? {};
            if (/^(ErrImagePull|ImagePullBackOff|InvalidImageName)$/.test(reason) && message !== "") return message;
            await setTimeout(300);
        }
        throw new Error(`${pod} has neither started nor failed within 90 s: ${last}`);
    }
}

/** Takes an image off a node, with the names that containerd's CRI gives it besides its tag. */
export async function forgetImage(lab: Lab, node: string, image: string): Promise<void> {
    const ctr = ["ctr", "--namespace=k8s.io", "images"];
    const repository = image.replace(/:[^:]*$/, "");
    const listed = await lab.exec(node, [...ctr, "ls", `name~="^${repository}"`]);
    const lines = listed.stdout.split("\n").map((line) => line.split(/\s+/));
    const digest = lines.find(([name]) => name === image)?.[2];
    const names = lines.filter((line) => digest !== undefined && line[2] === digest).map(([name]) => name ?? "");
    if (names.length > 0) await lab.exec(node, [...ctr, "rm", "--sync", ...names]);
}
