import type { Lab } from "../../lab/lab.ts";
import { mustKubectl } from "../../lab/addons/kubectl.ts";
import { schema } from "../../settings/schema.ts";
import type { Section } from "./scratchSite.ts";

/** A way to run the registry that is to survive faults. */
export interface Layout {
    readonly name: string;
    /** Short name, for namespaces. */
    readonly id: string;
    readonly registry: Section;
    /** Secret settings by key. */
    readonly secrets: Readonly<Record<string, Record<string, string>>>;
    /** Whether it is to survive the loss of one pod without one ErrImagePull event. */
    readonly redundant: boolean;
    /** Makes what the storage needs, and returns how to remove it. */
    readonly prepare: (lab: Lab) => Promise<() => Promise<void>>;
}

const single: Layout = {
    ...{ name: "one replica", id: "one", redundant: false, secrets: {} },
    registry: { storage: { size: "1Gi", keepOnDestroy: false } },
    prepare: () => Promise.resolve(() => Promise.resolve()),
};

const bucket = "reliability";
const storageNamespace = "reliability-s3";
/** Of a server that only the lab's pods reach, and that is gone after the test. */
const credentials = { accessKey: "reliability", secretKey: "reliability-secret" };

const double: Layout = {
    ...{ name: "two replicas on shared storage", id: "two", redundant: true, secrets: { s3Credentials: credentials } },
    registry: {
        replicas: 2,
        // A node that ends without a word is an endpoint of the Service for some 40 s more.
        trafficDistribution: "PreferSameNode",
        storage: {
            kind: "s3",
            s3: { bucket, endpoint: `http://s3.${storageNamespace}.svc.cluster.local:9000`, pathStyle: true },
        },
    },
    prepare: async (lab) => {
        await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(s3Server(lab.nodes[0] ?? "")));
        await mustKubectl(lab, ["-n", storageNamespace, "rollout", "status", "deployment/s3", "--timeout=120s"]);
        return async () => {
            await mustKubectl(lab, ["delete", "namespace", storageNamespace, "--ignore-not-found"]);
        };
    },
};

/** The layouts that this version's settings know. The second needs `registry.replicas` and storage of the kind `s3`. */
export function layouts(): Layout[] {
    const named = { host: "registry.example.org" };
    return [single, double].filter(
        ({ registry }) => schema.safeParse({ registry: { ...named, ...registry }, nodeTrust: {} }).success,
    );
}

/** An S3 server on one node, so that the other one can be rebooted. */
function s3Server(node: string): object {
    const labels = { app: "s3" };
    const metadata = { name: "s3", namespace: storageNamespace };
    const container = {
        ...{ name: "s3", image: "docker.io/versity/versitygw:v1.8.0", imagePullPolicy: "Never" },
        args: ["--port=:9000", "posix", "--sidecar=/data/meta", "/data/root"],
        env: [
            { name: "ROOT_ACCESS_KEY", value: credentials.accessKey },
            { name: "ROOT_SECRET_KEY", value: credentials.secretKey },
        ],
        readinessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 1 },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
    };
    const makeBucket = {
        ...{ name: "bucket", image: "docker.io/library/busybox:1.37.0", imagePullPolicy: "Never" },
        command: ["mkdir", "-p", "/data/meta", `/data/root/${bucket}`],
        volumeMounts: [{ name: "data", mountPath: "/data" }],
    };
    const spec = {
        nodeSelector: { "kubernetes.io/hostname": node },
        initContainers: [makeBucket],
        containers: [container],
        volumes: [{ name: "data", emptyDir: {} }],
    };
    return {
        apiVersion: "v1",
        kind: "List",
        items: [
            { apiVersion: "v1", kind: "Namespace", metadata: { name: storageNamespace } },
            { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ port: 9000 }] } },
            {
                apiVersion: "apps/v1",
                kind: "Deployment",
                metadata,
                spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
            },
        ],
    };
}
