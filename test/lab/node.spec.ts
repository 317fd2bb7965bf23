import assert from "node:assert/strict";
import { join } from "node:path";

import { nodeMachine } from "../../lab/cluster/node.ts";
import { pauseImage } from "../../lab/images/pause.ts";
import * as plan from "../../lab/network/plan.ts";
import { checkout } from "../../lab/paths.ts";
import { schema } from "../../settings/schema.ts";
import { certificates, jsonOf, nodes, textOf } from "../support/labMachines.ts";

describe("a node", () => {
    for (const { node, machine } of nodes) {
        const kubelet = jsonOf(machine, "/etc/kubernetes/kubelet.json");
        const containerd = textOf(machine, "/etc/containerd/config.toml");

        it(`${node.name}: runs on hosts with cgroups of version 1, and with swap`, () => {
            assert.equal(kubelet.failCgroupV1, false);
            assert.equal(kubelet.failSwapOn, false);
        });

        it(`${node.name}: has kubelet and containerd agree on who makes cgroups`, () => {
            assert.equal(kubelet.cgroupDriver, "cgroupfs");
            assert.doesNotMatch(containerd, /SystemdCgroup/);
            assert.equal(kubelet.containerRuntimeEndpoint, "unix:///run/containerd/containerd.sock");
        });

        it(`${node.name}: lets containerd read hosts where the site's settings expect it to`, () => {
            const { nodeTrust } = schema.parse({ registry: { host: "registry.site.test" }, nodeTrust: {} }) as {
                nodeTrust: { registryDirectory: string };
            };
            const section = /\[plugins\."io\.containerd\.grpc\.v1\.cri"\.registry\]\n\s+config_path = "(.*)"/.exec(
                containerd,
            );
            assert.equal(section?.[1], nodeTrust.registryDirectory);
        });

        it(`${node.name}: starts pods from the pause image that the lab puts on it`, () => {
            // Of the image only its name is looked at, for which any file is program enough.
            const { name } = pauseImage(join(checkout, "package.json"));
            assert.equal(/sandbox_image = "(.*)"/.exec(containerd)?.[1], name);
        });

        it(`${node.name}: gives pods the cluster's name server`, () => {
            assert.deepEqual(kubelet.clusterDNS, [plan.clusterDnsAddress]);
            assert.equal(kubelet.clusterDomain, plan.clusterDomain);
        });

        it(`${node.name}: removes no image, since it could not be pulled again`, () => {
            assert.equal(kubelet.imageGCHighThresholdPercent, 100);
        });

        it(`${node.name}: answers nobody without a certificate or a role`, () => {
            assert.deepEqual(kubelet.authentication, {
                anonymous: { enabled: false },
                webhook: { enabled: true },
                x509: { clientCAFile: "/etc/kubernetes/ca.crt" },
            });
            assert.deepEqual(kubelet.authorization, { mode: "Webhook" });
        });

        it(`${node.name}: gives its pods its own part of their network`, () => {
            const network = textOf(machine, "/etc/cni/net.d/10-pods.conflist");
            assert.deepEqual(network.match(/10\.244\.[\d./]+/g), [node.podCidr]);
        });

        it(`${node.name}: names itself as the plan does`, () => {
            const unit = textOf(machine, "/etc/systemd/system/lab-kubelet.service");
            assert.ok(unit.includes(`--hostname-override=${node.name} `));
            assert.ok(unit.includes(`--node-ip=${node.address}\n`));
            assert.equal(jsonOf(machine, "/etc/kubernetes/proxy.json").hostnameOverride, node.name);
        });

        it(`${node.name}: leaves the host's kernel alone`, () => {
            const { conntrack } = jsonOf(machine, "/etc/kubernetes/proxy.json") as {
                conntrack: Record<string, unknown>;
            };
            assert.deepEqual([conntrack.maxPerCore, conntrack.min], [0, 0]);
        });
    }

    it("is nothing but what the plan calls one", () => {
        assert.throws(() => nodeMachine(plan.outside, certificates, "/cache"), /outside is not a node/);
        assert.throws(
            () => nodeMachine({ ...plan.outside, podCidr: "10.244.3.0/24" }, certificates, "/cache"),
            /not a node/,
        );
    });
});

describe("a node with containerd 2", () => {
    const [node = plan.outside] = plan.nodes;
    const newer = nodeMachine(node, certificates, "/cache/kubernetes", "/cache/containerd");

    it("differs from the others by its containerd alone, which it cannot change", () => {
        const other = nodeMachine(node, certificates, "/cache/kubernetes");
        const changed = Object.keys(newer.files).filter((path) => newer.files[path] !== other.files[path]);
        assert.deepEqual(changed.sort(), [
            "/etc/containerd/config.toml",
            "/etc/systemd/system/containerd.service.d/newer.conf",
        ]);
        assert.deepEqual(newer.binds.slice(other.binds.length), [
            { source: "/cache/containerd", target: "/opt/containerd", mode: "ro" },
        ]);
    });

    it("runs what is bound into it, with the shim beside it, and not Debian's", () => {
        const unit = textOf(newer, "/etc/systemd/system/containerd.service.d/newer.conf");
        assert.match(unit, /^ExecStart=\nExecStart=\/opt\/containerd\/containerd$/m);
        assert.match(unit, /^Environment=PATH=\/opt\/containerd:/m);
    });

    it("starts pods from the pause image that the lab puts on it, and reads hosts where the others do", () => {
        const containerd = textOf(newer, "/etc/containerd/config.toml");
        const { name } = pauseImage(join(checkout, "package.json"));
        assert.equal(/sandbox = "(.*)"/.exec(containerd)?.[1], name);
        const section = /\[plugins\."io\.containerd\.cri\.v1\.images"\.registry\]\n\s+config_path = "(.*)"/.exec(
            containerd,
        );
        assert.equal(section?.[1], "/etc/containerd/certs.d");
    });
});
