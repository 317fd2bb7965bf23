import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeRandomImages } from "../../lab/images/randomImages.ts";
import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { must } from "../../lab/machines/command.ts";
import type { Made } from "./certificateMaker.ts";
import type { PullLogin } from "./nodePulls.ts";

/** An image that every node of the lab has. */
const program = "docker.io/library/registry:3.1.2";

/** Registries of somebody else's on the lab, one pod each, and images to put into any registry. */
export class SideRegistries {
    private readonly lab: Lab;
    /** Namespace of the pods; also the folder of the images on the first node. */
    private readonly name: string;

    constructor(lab: Lab, name: string) {
        this.lab = lab;
        this.name = name;
    }

    /** Makes the namespace and these images. */
    async prepare(images: readonly string[]): Promise<void> {
        await mustKubectl(this.lab, ["create", "namespace", this.name]);
        const scratch = await mkdtemp(join(tmpdir(), "side-images-"));
        try {
            const small = { layers: 1, layerBytes: 64 << 10 };
            await writeRandomImages(
                join(scratch, "layout"),
                images.map((name) => ({ name, ...small })),
            );
            const archive = join(scratch, "layout.tar");
            await must(["tar", "-C", join(scratch, "layout"), "-cf", archive, "."]);
            await this.on(`rm -rf ${this.folder}; mkdir -p ${this.folder}`);
            await this.lab.copyTo(this.node, archive, `${this.folder}/layout.tar`);
            await this.on(`mkdir ${this.folder}/layout; tar -C ${this.folder}/layout -xf ${this.folder}/layout.tar`);
        } finally {
            await rm(scratch, { recursive: true, force: true });
        }
    }

    /** Starts a registry that lets everybody in: with TLS where it has a certificate, else in plain HTTP. Returns the address of its Service, port 5000. */
    async start(registry: string, certificate?: Made): Promise<string> {
        const metadata = { name: registry, namespace: this.name };
        const files = { "tls.crt": certificate?.certificate ?? "", "tls.key": certificate?.key ?? "" };
        const tls = [
            { name: "REGISTRY_HTTP_TLS_CERTIFICATE", value: "/tls/tls.crt" },
            { name: "REGISTRY_HTTP_TLS_KEY", value: "/tls/tls.key" },
        ];
        const items = [
            { apiVersion: "v1", kind: "Secret", metadata, stringData: files },
            {
                ...{ apiVersion: "v1", kind: "Service", metadata },
                spec: { selector: { side: registry }, ports: [{ port: 5000 }] },
            },
            {
                ...{ apiVersion: "v1", kind: "Pod", metadata: { ...metadata, labels: { side: registry } } },
                spec: {
                    terminationGracePeriodSeconds: 0,
                    containers: [
                        {
                            ...{ name: "registry", image: program, imagePullPolicy: "IfNotPresent" },
                            env: [
                                { name: "OTEL_TRACES_EXPORTER", value: "none" },
                                ...(certificate === undefined ? [] : tls),
                            ],
                            volumeMounts: [{ name: "tls", mountPath: "/tls" }],
                            readinessProbe: { tcpSocket: { port: 5000 }, periodSeconds: 1 },
                        },
                    ],
                    volumes: [{ name: "tls", secret: { secretName: registry } }],
                },
            },
        ];
        await mustKubectl(this.lab, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
        const within = ["--namespace", this.name];
        await mustKubectl(this.lab, ["wait", ...within, `pod/${registry}`, "--for=condition=Ready", "--timeout=60s"]);
        return mustKubectl(this.lab, ["get", ...within, "service", registry, "-o", "jsonpath={.spec.clusterIP}"]);
    }

    /** Puts an image into a registry: `target` is `address[:port]/repository:tag`. Whose certificate that is does not matter here. */
    async push(image: string, target: string, login?: Pick<PullLogin, "user" | "password">): Promise<void> {
        const [host = ""] = target.split("/");
        const auth = login && Buffer.from(`${login.user}:${login.password}`).toString("base64");
        const auths = auth === undefined ? {} : { [host]: { auth } };
        await this.on(
            `umask 077; cat >${this.folder}/auth.json; skopeo copy --quiet --dest-tls-verify=false --authfile ${this.folder}/auth.json oci:${this.folder}/layout:${image} docker://${target}`,
            JSON.stringify({ auths }),
        );
    }

    async remove(): Promise<void> {
        await this.on(`rm -rf ${this.folder}`);
        await this.lab.kubectl(["delete", "namespace", this.name, "--ignore-not-found"]);
    }

    private get folder(): string {
        return `/root/${this.name}`;
    }

    private get node(): string {
        return this.lab.nodes[0] ?? "";
    }

    private async on(script: string, input = ""): Promise<void> {
        const { code, stderr } = await this.lab.exec(this.node, ["sh", "-euc", script], { input });
        if (code !== 0) throw new Error(`${this.node}: ${script}: ${stderr.trim().slice(-1000)}`);
    }
}
