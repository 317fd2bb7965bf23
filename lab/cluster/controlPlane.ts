import type { MachineSpec } from "../machines/machine.ts";
import { apiPort, clusterDomain, controlPlane, podCidr, serviceCidr } from "../network/plan.ts";
import type { Certificates, KeyPair } from "./certificates.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { relayDir, relayUnit } from "./relayUnit.ts";
import { kubernetesBin, unitFile } from "./unit.ts";

/** Where the control plane keeps its certificates. */
const pki = "/etc/kubernetes/pki";

/** The socket that the API server is reached by from the host. */
export const relaySocket = "api.sock";

/** The address of the API server for the machines of the site. */
export const apiServer = `https://${controlPlane.address}:${apiPort.toString()}`;

/** The machine that runs etcd, the API server, the controllers and the scheduler. `relay` is a directory of the host. */
export function controlPlaneMachine(certificates: Certificates, kubernetes: string, relay: string): MachineSpec {
    const pair = (name: string, { key, certificate }: KeyPair): Record<string, string> => ({
        [`${pki}/${name}.key`]: key,
        [`${pki}/${name}.crt`]: certificate,
    });
    const clientConfig = (user: KeyPair): string => kubeconfig(apiServer, "lab", certificates, user);
    const units = {
        etcd: etcd(),
        "kube-apiserver": api(),
        "kube-controller-manager": controllers(),
        "kube-scheduler": scheduler(),
    };
    return {
        name: controlPlane.name,
        files: {
            ...pair("ca", certificates.ca),
            ...pair("apiserver", certificates.apiServer),
            ...pair("apiserver-kubelet", certificates.apiServerToKubelet),
            ...pair("service-accounts", certificates.serviceAccounts),
            "/etc/kubernetes/controller-manager.conf": clientConfig(certificates.controllerManager),
            "/etc/kubernetes/scheduler.conf": clientConfig(certificates.scheduler),
            ...Object.fromEntries(
                Object.entries(units).map(([name, unit]) => [`/etc/systemd/system/lab-${name}.service`, unit]),
            ),
            "/etc/systemd/system/lab-relay.service": relayUnit(relaySocket, controlPlane.address, apiPort),
        },
        units: [...Object.keys(units), "relay"].map((name) => `lab-${name}.service`),
        binds: [
            { source: kubernetes, target: kubernetesBin, mode: "ro" },
            { source: relay, target: relayDir, mode: "rw" },
        ],
        data: ["/var/lib/etcd"],
    };
}

function etcd(): string {
    return unitFile({
        description: "etcd",
        argv: [
            "/usr/bin/etcd",
            "--data-dir=/var/lib/etcd/data",
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            // A lab's disk is often slow and never worth the wait: what a power cut loses is made anew by the next `up`.
            "--unsafe-no-fsync",
        ],
    });
}

function api(): string {
    return unitFile({
        description: "Kubernetes API server",
        argv: [
            `${kubernetesBin}/kube-apiserver`,
            `--advertise-address=${controlPlane.address}`,
            `--secure-port=${apiPort.toString()}`,
            "--etcd-servers=http://127.0.0.1:2379",
            `--service-cluster-ip-range=${serviceCidr}`,
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            `--client-ca-file=${pki}/ca.crt`,
            `--tls-cert-file=${pki}/apiserver.crt`,
            `--tls-private-key-file=${pki}/apiserver.key`,
            `--kubelet-certificate-authority=${pki}/ca.crt`,
            `--kubelet-client-certificate=${pki}/apiserver-kubelet.crt`,
            `--kubelet-client-key=${pki}/apiserver-kubelet.key`,
            "--kubelet-preferred-address-types=InternalIP",
            `--service-account-issuer=https://kubernetes.default.svc.${clusterDomain}`,
            `--service-account-key-file=${pki}/service-accounts.crt`,
            `--service-account-signing-key-file=${pki}/service-accounts.key`,
        ],
    });
}

function controllers(): string {
    return unitFile({
        description: "Kubernetes controllers",
        waitFor: apiReady(`${pki}/ca.crt`),
        argv: [
            `${kubernetesBin}/kube-controller-manager`,
            "--kubeconfig=/etc/kubernetes/controller-manager.conf",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            `--cluster-cidr=${podCidr}`,
            `--service-cluster-ip-range=${serviceCidr}`,
            `--root-ca-file=${pki}/ca.crt`,
            `--service-account-private-key-file=${pki}/service-accounts.key`,
            `--cluster-signing-cert-file=${pki}/ca.crt`,
            `--cluster-signing-key-file=${pki}/ca.key`,
        ],
    });
}

function scheduler(): string {
    return unitFile({
        description: "Kubernetes scheduler",
        waitFor: apiReady(`${pki}/ca.crt`),
        argv: [
            `${kubernetesBin}/kube-scheduler`,
            "--kubeconfig=/etc/kubernetes/scheduler.conf",
            "--leader-elect=false",
        ],
    });
}

/** Waits for the API server: clients that start earlier back off and lose seconds. */
export function apiReady(ca: string): string {
    return `/bin/sh -c 'until curl --silent --fail --output /dev/null --cacert ${ca} ${apiServer}/readyz; do sleep 0.2; done'`;
}
