import type { MachineSpec } from "../machines/machine.ts";
import { clusterDnsAddress, clusterDomain, podCidr } from "../network/plan.ts";
import type { MachinePlan } from "../network/plan.ts";
import type { Certificates } from "./certificates.ts";
import { containerdFiles, newerContainerdBin, newerContainerdFiles } from "./containerd.ts";
import { apiReady, apiServer } from "./controlPlane.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { kubernetesBin, unitFile } from "./unit.ts";

const containerdSocket = "unix:///run/containerd/containerd.sock";
const kubernetesDir = "/etc/kubernetes";

/** A machine that runs pods. `newer` is a directory of the host with programs of containerd 2; without, it has Debian's. */
export function nodeMachine(
    plan: MachinePlan,
    certificates: Certificates,
    kubernetes: string,
    newer?: string,
): MachineSpec {
    const kubelet = certificates.kubelets.get(plan.name);
    if (kubelet === undefined || plan.podCidr === undefined) throw new Error(`${plan.name} is not a node`);
    return {
        name: plan.name,
        files: {
            [`${kubernetesDir}/ca.crt`]: certificates.ca.certificate,
            [`${kubernetesDir}/kubelet.key`]: kubelet.key,
            [`${kubernetesDir}/kubelet.crt`]: kubelet.certificate,
            [`${kubernetesDir}/kubelet.conf`]: kubeconfig(apiServer, "lab", certificates, kubelet),
            [`${kubernetesDir}/proxy.conf`]: kubeconfig(apiServer, "lab", certificates, certificates.proxy),
            [`${kubernetesDir}/kubelet.json`]: JSON.stringify(kubeletConfiguration(), undefined, 2),
            [`${kubernetesDir}/proxy.json`]: JSON.stringify(proxyConfiguration(plan.name), undefined, 2),
            ...(newer === undefined ? containerdFiles : newerContainerdFiles),
            "/etc/cni/net.d/10-pods.conflist": JSON.stringify(podNetwork(plan.podCidr), undefined, 2),
            "/etc/sysctl.d/90-lab.conf": "net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n",
            "/etc/systemd/system/lab-kubelet.service": unitFile({
                description: "Kubernetes node agent",
                waitFor: apiReady(`${kubernetesDir}/ca.crt`),
                argv: [
                    `${kubernetesBin}/kubelet`,
                    `--config=${kubernetesDir}/kubelet.json`,
                    `--kubeconfig=${kubernetesDir}/kubelet.conf`,
                    `--hostname-override=${plan.name}`,
                    `--node-ip=${plan.address}`,
                ],
            }),
            "/etc/systemd/system/lab-kube-proxy.service": unitFile({
                description: "Kubernetes service proxy",
                waitFor: apiReady(`${kubernetesDir}/ca.crt`),
                argv: [`${kubernetesBin}/kube-proxy`, `--config=${kubernetesDir}/proxy.json`],
            }),
        },
        units: ["containerd.service", "lab-kubelet.service", "lab-kube-proxy.service"],
        binds: [
            { source: kubernetes, target: kubernetesBin, mode: "ro" },
            ...(newer === undefined ? [] : [{ source: newer, target: newerContainerdBin, mode: "ro" as const }]),
        ],
        data: ["/var/lib/containerd", "/var/lib/kubelet"],
    };
}

function kubeletConfiguration(): object {
    return {
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        authentication: {
            anonymous: { enabled: false },
            webhook: { enabled: true },
            x509: { clientCAFile: `${kubernetesDir}/ca.crt` },
        },
        authorization: { mode: "Webhook" },
        tlsCertFile: `${kubernetesDir}/kubelet.crt`,
        tlsPrivateKeyFile: `${kubernetesDir}/kubelet.key`,
        clusterDomain,
        clusterDNS: [clusterDnsAddress],
        resolvConf: "/etc/resolv.conf",
        containerRuntimeEndpoint: containerdSocket,
        cgroupDriver: "cgroupfs",
        failCgroupV1: false,
        failSwapOn: false,
        serializeImagePulls: false,
        // The disk is the host's, and an image that was removed to save space could not be pulled again.
        imageGCHighThresholdPercent: 100,
        evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    };
}

function proxyConfiguration(name: string): object {
    return {
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        hostnameOverride: name,
        mode: "iptables",
        clientConnection: { kubeconfig: `${kubernetesDir}/proxy.conf` },
        // What comes from elsewhere (the API server calling a webhook) is masqueraded, so that answers come back this way.
        clusterCIDR: podCidr,
        detectLocalMode: "ClusterCIDR",
        // These are settings of the host's kernel.
        conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
        iptables: { minSyncPeriod: "200ms" },
    };
}

/** Pods on a bridge of their node, with addresses that every machine of the site routes: nothing is hidden by translation. */
function podNetwork(subnet: string): object {
    return {
        cniVersion: "0.4.0",
        name: "pods",
        plugins: [
            {
                type: "bridge",
                bridge: "pods",
                isGateway: true,
                hairpinMode: true,
                // Addresses are given back by a reboot, as the pods are.
                ipam: {
                    type: "host-local",
                    dataDir: "/run/cni",
                    ranges: [[{ subnet }]],
                    routes: [{ dst: "0.0.0.0/0" }],
                },
            },
            { type: "portmap", capabilities: { portMappings: true }, snat: true },
        ],
    };
}
