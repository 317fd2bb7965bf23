import assert from "node:assert/strict";
import { join } from "node:path";

import { apiServer } from "../../lab/cluster/controlPlane.ts";
import { hostMachine } from "../../lab/cluster/host.ts";
import { kubeconfig } from "../../lab/cluster/kubeconfig.ts";
import { relayDir } from "../../lab/cluster/relayUnit.ts";
import { kubernetesBin, unitFile } from "../../lab/cluster/unit.ts";
import { readyNodes } from "../../lab/cluster/wait.ts";
import type { MachineSpec } from "../../lab/machines/machine.ts";
import * as plan from "../../lab/network/plan.ts";
import { certificates, control, decoded, machines, nodes, textOf } from "../support/labMachines.ts";

describe("a unit of a machine", () => {
    it("starts the command again whenever it ends, however often, and spares the containers it started", () => {
        const lines = unitFile({ description: "one", argv: ["/bin/one", "--two"] }).split("\n");
        for (const line of ["Restart=always", "StartLimitIntervalSec=0", "KillMode=process"]) {
            assert.ok(lines.includes(line), line);
        }
        assert.ok(!lines.some((line) => line.startsWith("ExecStartPre")));
    });

    it("has its arguments on lines that systemd joins", () => {
        const text = unitFile({ description: "one", argv: ["/bin/one", "--two", "--three"] });
        assert.match(text.replaceAll(/\\\n\s+/g, ""), /^ExecStart=\/bin\/one --two --three$/m);
    });

    it("that waits for something waits as long as that takes", () => {
        const text = unitFile({ description: "one", argv: ["/bin/one"], waitFor: "/bin/sh -c wait" });
        assert.match(text, /^ExecStartPre=\/bin\/sh -c wait\nTimeoutStartSec=infinity$/m);
    });
});

describe("the machines of the cluster", () => {
    for (const machine of machines) {
        it(`${machine.name}: has every file of Kubernetes that its own files name`, () => {
            const named =
                Object.values(machine.files)
                    .join("\n")
                    .match(/\/etc\/kubernetes\/[\w./-]+/g) ?? [];
            assert.ok(named.length > 0);
            assert.deepEqual(
                [...new Set(named)].filter((path) => !(path in machine.files)),
                [],
            );
        });

        it(`${machine.name}: starts every unit it has, and runs nothing that is not bound into it or Debian's`, () => {
            const folder = "/etc/systemd/system/";
            const own = Object.keys(machine.files).filter((path) => path.startsWith(folder));
            assert.deepEqual(
                own.map((path) => path.slice(folder.length)).sort(),
                machine.units.filter((unit) => unit !== "containerd.service").sort(),
            );
            const targets = machine.binds.map(({ target }) => target);
            for (const path of own) {
                const [, program = ""] = /^ExecStart=(\S+)/m.exec(textOf(machine, path)) ?? [];
                assert.ok([...targets, "/usr/bin"].includes(join(program, "..")), program);
            }
        });

        it(`${machine.name}: cannot change the programs that all machines share`, () => {
            const bind = machine.binds.find(({ target }) => target === kubernetesBin);
            assert.deepEqual(bind, { source: "/cache/kubernetes", target: kubernetesBin, mode: "ro" });
        });

        it(`${machine.name}: keeps on a real disk what an overlay cannot carry`, () => {
            const wanted = machine === control ? ["/var/lib/etcd"] : ["/var/lib/containerd", "/var/lib/kubelet"];
            assert.deepEqual(machine.data, wanted);
        });
    }

    it("have no more keys than they need: those that sign stay on the control plane", () => {
        const keysOf = (machine: MachineSpec): string[] =>
            [...new Set([...decoded(machine).matchAll(/key of (\w+)/g)].map(([, name = ""]) => name))].sort();
        for (const { node, machine } of nodes) assert.deepEqual(keysOf(machine), [node.name, "proxy"]);
        const controlKeys = [
            "apiServer",
            "apiServerToKubelet",
            "ca",
            "controllerManager",
            "scheduler",
            "serviceAccounts",
        ];
        assert.deepEqual(keysOf(control), controlKeys);
    });
});

describe("the machine that is no node", () => {
    const host = hostMachine("/state/relay");

    it("is reached by a socket in the directory that the host shares, which leads to its SSH server", () => {
        const unit = textOf(host, "/etc/systemd/system/lab-relay.service");
        assert.match(unit, new RegExp(`UNIX-LISTEN:${relayDir}/ssh\\.sock,[^ ]*mode=0600`));
        assert.match(unit, /TCP:127\.0\.0\.1:22,nodelay$/m);
        assert.deepEqual(host.binds, [{ source: "/state/relay", target: relayDir, mode: "rw" }]);
    });

    it("makes its host keys at its first start, and has none of the cluster's", () => {
        assert.match(textOf(host, "/etc/systemd/system/ssh.service.d/keys.conf"), /ssh-keygen -A\n.*sshd -t/);
        assert.doesNotMatch(decoded(host), /key of/);
    });
});

describe("the control plane", () => {
    const unit = (name: string): string => textOf(control, `/etc/systemd/system/lab-${name}.service`);

    it("serves where the nodes look for it", () => {
        assert.equal(apiServer, "https://192.168.50.10:6443");
        assert.match(unit("kube-apiserver"), /--advertise-address=192\.168\.50\.10 .*\n.*--secure-port=6443/);
    });

    it("shows neither etcd nor the way to the host to the network", () => {
        assert.deepEqual(
            [...unit("etcd").matchAll(/--listen-\S+=(\S+)/g)].map(([, url = ""]) => new URL(url).hostname),
            ["127.0.0.1", "127.0.0.1"],
        );
        assert.match(unit("relay"), new RegExp(`UNIX-LISTEN:${relayDir}/api\\.sock,[^ ]*mode=0600`));
        assert.ok(control.binds.some(({ source, target }) => source === "/state/relay" && target === relayDir));
    });

    it("lets nobody do what roles do not allow, kubelets included", () => {
        assert.match(unit("kube-apiserver"), /--authorization-mode=Node,RBAC /);
        assert.match(unit("kube-apiserver"), /--enable-admission-plugins=NodeRestriction /);
        assert.doesNotMatch(unit("kube-apiserver"), /--anonymous-auth=true|--token-auth-file/);
    });

    it("agrees with itself on the networks of pods and services", () => {
        for (const name of ["kube-apiserver", "kube-controller-manager"]) {
            assert.ok(unit(name).includes(`--service-cluster-ip-range=${plan.serviceCidr} `), name);
        }
        assert.ok(unit("kube-controller-manager").includes(`--cluster-cidr=${plan.podCidr} `));
    });
});

describe("the cluster's kubeconfig", () => {
    it("has all it needs inside it", () => {
        const text = kubeconfig("https://127.0.0.1:20000", "lab-abcdef", certificates, certificates.admin);
        const base64 = (word: string): string => Buffer.from(word).toString("base64");
        const { clusters, users, contexts, ...rest } = JSON.parse(text) as Record<string, unknown>;
        assert.equal(rest["current-context"], "lab-abcdef");
        assert.deepEqual(contexts, [{ name: "lab-abcdef", context: { cluster: "lab-abcdef", user: "lab-abcdef" } }]);
        const cluster = {
            server: "https://127.0.0.1:20000",
            "certificate-authority-data": base64("certificate of ca"),
        };
        assert.deepEqual(clusters, [{ name: "lab-abcdef", cluster }]);
        const user = {
            "client-certificate-data": base64("certificate of admin"),
            "client-key-data": base64("key of admin"),
        };
        assert.deepEqual(users, [{ name: "lab-abcdef", user }]);
    });
});

describe("the nodes that are Ready", () => {
    it("are those that say True: neither False nor Unknown, nor one that has said nothing yet", async () => {
        const stdout = "node1=True\nnode2=False\nnode3=Unknown\nnode4=\n";
        assert.deepEqual(await readyNodes(() => Promise.resolve({ code: 0, stdout, stderr: "" })), ["node1"]);
    });

    it("are none while the API server does not answer", async () => {
        assert.deepEqual(await readyNodes(() => Promise.resolve({ code: 1, stdout: "", stderr: "refused" })), []);
    });
});
