import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { neededBy, readOptions } from "../../../tools/bundle/kubesprayImages.ts";
import { readList } from "../../../tools/bundle/listFile.ts";
import { findContract } from "../../support/contracts.ts";

const file = "kubespray-v2.31.0-images.txt";
const found = findContract(file);
const text =
    found === undefined
        ? "[list] quay.io/coreos/etcd:v3.6.10\n[needed] registry.k8s.io/pause:3.10.1\n[needed] quay.io/calico/node:v3.31.5\n[list] quay.io/cilium/operator:v1.19.3\n[list] quay.io/cilium/hubble-ui:v0.13.3\n"
        : readFileSync(found, "utf8");
const all = readList(text, file, false);
const chosen = (...options: string[]): string[] => neededBy(readOptions(options), all).needed.map(({ image }) => image);

describe("the images that kubespray needs", () => {
    it("are those of the default inventory, where nothing is chosen", () => {
        const needed = readList(text, file, true).map(({ image }) => image);
        assert.deepEqual(chosen(), needed);
        assert.deepEqual(neededBy(readOptions([]), all).unknown, []);
    });

    it("change with the network, with the one that the list has under another name", () => {
        const cilium = chosen("kube_network_plugin=cilium");
        assert.ok(cilium.includes("quay.io/cilium/operator-generic:v1.19.3"));
        assert.ok(!cilium.some((one) => one.includes("/calico/") || one.includes("/hubble-ui")));
        const hubble = chosen("kube_network_plugin=cilium", "cilium_enable_hubble=true");
        assert.ok(hubble.includes("quay.io/cilium/hubble-ui:v0.13.3"));
    });

    it("have etcd's only where it is a container", () => {
        const isEtcd = (one: string): boolean => one.includes("coreos/etcd");
        assert.ok(!chosen("etcd_deployment_type=host").some(isEtcd));
        assert.ok(chosen("etcd_deployment_type=kubeadm").some(isEtcd));
    });

    it("are together all of the list", function () {
        if (found === undefined) return;
        const switches = ["kube_network_plugin_multus", "typha_enabled", "calico_apiserver_enabled"].concat(
            ["cilium_deploy_additionally", "cilium_enable_hubble", "kube_vip_enabled", "registry_enabled"],
            ["metrics_server_enabled", "local_volume_provisioner_enabled", "local_path_provisioner_enabled"],
            ["ingress_alb_enabled", "cert_manager_enabled", "cinder_csi_enabled", "aws_ebs_csi_enabled"],
            ["csi_snapshot_controller_enabled", "metallb_enabled"],
        );
        const on = switches.map((name) => `${name}=true`).concat("etcd_deployment_type=docker");
        const networks = ["calico", "flannel", "kube-ovn", "kube-router"].flatMap((name) =>
            chosen(...on, `kube_network_plugin=${name}`),
        );
        const together = new Set([...networks, ...chosen(...on, "loadbalancer_apiserver_type=haproxy")]);
        assert.deepEqual(
            all.map(({ image }) => image).filter((image) => !together.has(image)),
            [],
        );
    });

    it("keep what no role of kubespray names, such as a site's own", () => {
        const own = { image: "docker.io/site/app:1", from: "own:1" };
        const { needed, unknown } = neededBy(readOptions([]), [own]);
        assert.deepEqual([needed, unknown], [[own], [own]]);
    });

    it("are refused with every option that is none, or that is not so", () => {
        assert.throws(
            () => readOptions(["kube_network=calico", "dns_mode=kubedns", "typha_enabled=yes", "dns_mode"]),
            (error: Error) => {
                assert.match(error.message, /"kube_network" is no variable .* known are kube_network_plugin, /);
                assert.match(error.message, /dns_mode is "kubedns"; allowed are coredns, coredns_dual, manual, none/);
                assert.match(error.message, /typha_enabled is "yes"; allowed are false, true/);
                assert.match(error.message, /dns_mode is ""/);
                return true;
            },
        );
        assert.throws(() => readOptions(["dns_mode=none", "dns_mode=manual"]), /dns_mode is none and manual/);
    });
});
