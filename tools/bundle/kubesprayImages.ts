import { parseReference } from "../../components/images/reference.ts";
import { Refusal } from "../ca/refusal.ts";
import type { Wanted } from "./wanted.ts";

/** What kubespray's variables may be, the preset first (roles/kubespray_defaults, 2.31). */
const variables = {
    kube_network_plugin: ["calico", "cilium", "flannel", "kube-ovn", "kube-router", "cni", "custom_cni", "none"],
    kube_network_plugin_multus: [false, true],
    enable_network_policy: [true, false],
    typha_enabled: [false, true],
    calico_apiserver_enabled: [false, true],
    cilium_deploy_additionally: [false, true],
    cilium_enable_hubble: [false, true],
    etcd_deployment_type: ["host", "docker", "kubeadm"],
    dns_mode: ["coredns", "coredns_dual", "manual", "none"],
    enable_nodelocaldns: [true, false],
    enable_dns_autoscaler: [true, false],
    loadbalancer_apiserver_localhost: [true, false],
    loadbalancer_apiserver_type: ["nginx", "haproxy"],
    kube_vip_enabled: [false, true],
    registry_enabled: [false, true],
    metrics_server_enabled: [false, true],
    local_volume_provisioner_enabled: [false, true],
    local_path_provisioner_enabled: [false, true],
    ingress_alb_enabled: [false, true],
    cert_manager_enabled: [false, true],
    cinder_csi_enabled: [false, true],
    aws_ebs_csi_enabled: [false, true],
    csi_snapshot_controller_enabled: [false, true],
    metallb_enabled: [false, true],
} as const;

type Name = keyof typeof variables;

/** kubespray's variables that decide what its nodes pull, each as it is given or preset. */
export type KubesprayOptions = { readonly [one in Name]: (typeof variables)[one][number] };

/**
 * Reads `name=value` texts. What is not named is as kubespray presets it. Throws one error with every text that names no such variable, or
 * gives it what it cannot be.
 */
export function readOptions(texts: readonly string[]): KubesprayOptions {
    const mistakes: string[] = [];
    const given: Record<string, string | boolean> = {};
    for (const text of texts) {
        const [name = "", ...rest] = text.split("=");
        const value = rest.join("=");
        if (!isName(name)) {
            mistakes.push(
                `--kubespray: "${name}" is no variable that decides about images; known are ${names.join(", ")}`,
            );
            continue;
        }
        const found = (variables[name] as readonly (string | boolean)[]).find((one) => String(one) === value);
        if (found === undefined)
            mistakes.push(`--kubespray: ${name} is "${value}"; allowed are ${variables[name].map(String).join(", ")}`);
        else if (name in given && given[name] !== found)
            mistakes.push(`--kubespray: ${name} is ${String(given[name])} and ${value}; allowed is one of them`);
        else given[name] = found;
    }
    if (mistakes.length > 0)
        throw new Refusal(mistakes.join("\n"), "write each as kubespray's group_vars have it: NAME=VALUE");
    const presets = Object.fromEntries(names.map((name) => [name, variables[name][0]]));
    return { ...presets, ...given } as KubesprayOptions;
}

const names = Object.keys(variables) as Name[];
const isName = (text: string): text is Name => text in variables;

const cilium = (o: KubesprayOptions): boolean => o.kube_network_plugin === "cilium" || o.cilium_deploy_additionally;
const hubble = (o: KubesprayOptions): boolean => cilium(o) && o.cilium_enable_hubble;
const calico = (o: KubesprayOptions): boolean => o.kube_network_plugin === "calico";
const coredns = (o: KubesprayOptions): boolean => o.dns_mode.startsWith("coredns");
const cloudDisks = (o: KubesprayOptions): boolean => o.cinder_csi_enabled || o.aws_ebs_csi_enabled;
const balanced = (type: string) => (o: KubesprayOptions) =>
    o.loadbalancer_apiserver_localhost && o.loadbalancer_apiserver_type === type;
const always = (): boolean => true;

/** When a cluster pulls what is in a repository (`downloads` in roles/kubespray_defaults/defaults/main/download.yml, 2.31). */
const rules: Readonly<Record<string, (options: KubesprayOptions) => boolean>> = {
    "coreos/etcd": (o) => o.etcd_deployment_type !== "host",
    "cilium/cilium": cilium,
    "cilium/operator": cilium,
    "cilium/operator-generic": cilium,
    // The chart runs it by itself, whatever Hubble is.
    "cilium/cilium-envoy": cilium,
    "cilium/hubble-relay": hubble,
    "cilium/certgen": hubble,
    "cilium/hubble-ui": hubble,
    "cilium/hubble-ui-backend": hubble,
    "k8snetworkplumbingwg/multus-cni": (o) => o.kube_network_plugin_multus,
    "flannel/flannel": (o) => o.kube_network_plugin === "flannel",
    "flannel/flannel-cni-plugin": (o) => o.kube_network_plugin === "flannel",
    "calico/node": calico,
    "calico/cni": calico,
    "calico/kube-controllers": (o) => calico(o) && o.enable_network_policy,
    "calico/typha": (o) => calico(o) && o.typha_enabled,
    "calico/apiserver": (o) => calico(o) && o.calico_apiserver_enabled,
    "kubeovn/kube-ovn": (o) => o.kube_network_plugin === "kube-ovn",
    "cloudnativelabs/kube-router": (o) => o.kube_network_plugin === "kube-router",
    pause: always,
    "kube-apiserver": always,
    "kube-controller-manager": always,
    "kube-scheduler": always,
    "kube-proxy": always,
    "kube-vip/kube-vip": (o) => o.kube_vip_enabled,
    "kube-vip/kube-vip-iptables": (o) => o.kube_vip_enabled,
    "library/nginx": balanced("nginx"),
    "library/haproxy": balanced("haproxy"),
    "coredns/coredns": coredns,
    "dns/k8s-dns-node-cache": (o) => o.enable_nodelocaldns,
    "cpa/cluster-proportional-autoscaler": (o) => coredns(o) && o.enable_dns_autoscaler,
    "library/registry": (o) => o.registry_enabled,
    "metrics-server/metrics-server": (o) => o.metrics_server_enabled,
    "sig-storage/local-volume-provisioner": (o) => o.local_volume_provisioner_enabled,
    "rancher/local-path-provisioner": (o) => o.local_path_provisioner_enabled,
    "library/busybox": (o) => o.local_path_provisioner_enabled,
    "amazon/aws-alb-ingress-controller": (o) => o.ingress_alb_enabled,
    "jetstack/cert-manager-controller": (o) => o.cert_manager_enabled,
    "jetstack/cert-manager-cainjector": (o) => o.cert_manager_enabled,
    "jetstack/cert-manager-webhook": (o) => o.cert_manager_enabled,
    "sig-storage/csi-attacher": cloudDisks,
    "sig-storage/csi-provisioner": cloudDisks,
    "sig-storage/csi-snapshotter": cloudDisks,
    "sig-storage/csi-resizer": cloudDisks,
    "sig-storage/csi-node-driver-registrar": cloudDisks,
    "sig-storage/livenessprobe": cloudDisks,
    "sig-storage/snapshot-controller": (o) => o.csi_snapshot_controller_enabled,
    "provider-os/cinder-csi-plugin": (o) => o.cinder_csi_enabled,
    "amazon/aws-ebs-csi-driver": (o) => o.aws_ebs_csi_enabled,
    "metallb/speaker": (o) => o.metallb_enabled,
    "metallb/controller": (o) => o.metallb_enabled,
};

/** What a cluster with the options pulls of a list, and what of it kubespray's roles do not name, which stays in as well. */
export function neededBy(options: KubesprayOptions, all: readonly Wanted[]): { needed: Wanted[]; unknown: Wanted[] } {
    const ruleOf = ({ image }: Wanted) => rules[parseReference(image).repository];
    const needed = all.filter((one) => ruleOf(one)?.(options) ?? true).flatMap(withTwin);
    return { needed, unknown: all.filter((one) => ruleOf(one) === undefined) };
}

/** 2.31's list has Cilium's `operator`, and its chart pulls `operator-generic` (kubespray's issue 13252). */
function withTwin(one: Wanted): Wanted[] {
    const image = one.image.replace("/cilium/operator:", "/cilium/operator-generic:");
    return image === one.image ? [one] : [one, { ...one, image }];
}
