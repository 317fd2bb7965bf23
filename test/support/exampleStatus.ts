import { pictureOf, type Row } from "../../tools/status/picture.ts";
import { problemsOf, type SiteStatus } from "../../tools/status/siteStatus.ts";

const node = { ready: true, pool: "default", runtime: "containerd", version: "1.7.24", bundle: "b4679995af4f" };
const well = { ...node, current: true, status: "applied", cause: "", paths: [], warnings: [] };
const longName = "a-node-with-a-very-long-name.rack-17.region.site.example.test";

const parts = {
    nodes: [
        { ...well, node: "node1" },
        {
            ...well,
            node: "node2",
            current: false,
            status: "failed",
            cause: 'the disk <b>/etc</b> is "full" & read-only',
        },
        { ...well, node: longName, current: false, ready: false, status: "waiting", cause: "its kubelet is silent" },
    ],
    machines: [{ host: "host1", bundle: "b4679995af4f", lacks: [] }],
    certificates: [
        { name: "registry-server", end: "2027-01-02T03:04:05Z", days: 12, state: "due" },
        { name: "registry-ca-1", end: "2036-01-02T03:04:05Z", days: 3649, state: "valid" },
    ],
    proof: [{ node: "node1", ready: true, status: "pulled", cause: "" }],
    harbor: {
        endpoints: ["docker-hub"],
        rules: [{ name: "redis", mode: "pull", enabled: true, run: "Succeed", repositories: 1, unequal: [] }],
    },
    drift: [{ resource: "kubernetes:core/v1:ConfigMap registry-config", change: "update" }],
} as const;

/** A site with something of everything, good and bad. */
export const exampleStatus: SiteStatus = {
    stack: "dev",
    at: "2026-12-21T10:00:00.000Z",
    ok: false,
    problems: problemsOf(parts),
    hosts: ["registry.site.test", "another-and-much-longer-name-of-the-registry.site.example.test:5443"],
    ...parts,
};

const project = "urn:pulumi:dev::siteregistry::";

/** A state with the resources that its picture shows. */
export const exampleState = {
    deployment: {
        resources: [
            {
                type: "pulumi:pulumi:Stack",
                outputs: {
                    storage: { kind: "volume", size: "5Gi", name: "image-registry" },
                    internalHost: "image-registry.openshift-image-registry.svc:5000",
                    builderTokenExpiry: { "apps/ci": "2026-12-01T00:00:00Z" },
                    hostRegistries: [
                        { machine: "bastion", host: "bastion.site.test:5000", state: "running" },
                        { machine: "spare", host: "192.0.2.12:5000", state: "stopped" },
                    ],
                    hostNodes: [{ host: "node7", status: "applied" }],
                    hostNodesReach: { node7: "reached" },
                },
            },
            {
                urn: `${project}siteregistry:index:OkdRegistryStatus::okd-status`,
                type: "siteregistry:index:OkdRegistryStatus",
                outputs: { hosts: { "default-route": "default-route.apps.site.test" } },
            },
            {
                urn: `${project}siteregistry:index:OkdImageStream::okd-stream-apps-redis`,
                type: "siteregistry:index:OkdImageStream",
            },
            {
                urn: `${project}siteregistry:index:QuayReadiness::quay-ready`,
                type: "siteregistry:index:QuayReadiness",
                outputs: { host: "quay.apps.site.test", version: "3.17.0" },
            },
            {
                urn: `${project}siteregistry:index:QuayRobot::quay-robot`,
                type: "siteregistry:index:QuayRobot",
            },
            {
                urn: `${project}siteregistry:index:RegistryStack$kubernetes:apps/v1:Deployment::registry-server`,
                type: "kubernetes:apps/v1:Deployment",
                inputs: { metadata: { name: "image-registry", namespace: "kube-infra" }, spec: { replicas: 2 } },
            },
            {
                urn: `${project}siteregistry:index:RegistryStack$kubernetes:traefik.io/v1alpha1:IngressRouteTCP::registry-ingress`,
                type: "kubernetes:traefik.io/v1alpha1:IngressRouteTCP",
                inputs: { metadata: { name: "image-registry", namespace: "kube-infra" } },
            },
            {
                urn: `${project}siteregistry:index:RegistryStack$kubernetes:apps/v1:Deployment::gone`,
                type: "kubernetes:apps/v1:Deployment",
                delete: true,
                inputs: { metadata: { name: "gone" } },
            },
        ],
    },
};

/** The picture of it. */
export const exampleRows: Row[] = pictureOf(exampleState, exampleStatus);
