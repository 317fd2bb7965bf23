import assert from "node:assert/strict";

import { certificateNames, serviceNames, withoutPort } from "../../components/registry/certificates/names.ts";

const site = { service: "image-registry", namespace: "kube-infra", clusterDomain: "cluster.local", extras: [] };

describe("the names on a certificate", () => {
    it("are all six of the lab's seed, whose second DNS.4 replaced its first", () => {
        const { dnsNames } = certificateNames({
            ...site,
            hosts: ["image-registry.8-mega.local", "image-registry.8-mega.io"],
        });
        assert.deepEqual(
            dnsNames.sort(),
            [
                "image-registry",
                "image-registry.kube-infra",
                "image-registry.kube-infra.svc",
                "image-registry.kube-infra.svc.cluster.local",
                "image-registry.8-mega.local",
                "image-registry.8-mega.io",
            ].sort(),
        );
    });

    it("begin with the public host, have no port, and each stands once", () => {
        const { dnsNames, ipAddresses } = certificateNames({
            ...site,
            hosts: ["registry.example.org:5000", "registry.example.org:8443"],
            extras: ["192.0.2.7", "registry.example.org", "2001:db8::7", "192.0.2.7", "node.example.org"],
        });
        assert.equal(dnsNames[0], "registry.example.org");
        assert.equal(dnsNames.filter((name) => name === "registry.example.org").length, 1);
        assert.equal(dnsNames.at(-1), "node.example.org");
        assert.deepEqual(ipAddresses, ["192.0.2.7", "2001:db8::7"]);
    });

    it("have the domain of the cluster", () => {
        assert.equal(serviceNames("a", "b", "k8s.example.org").at(-1), "a.b.svc.k8s.example.org");
    });
});

describe("withoutPort", () => {
    for (const [host, bare] of [
        ["registry.example.org", "registry.example.org"],
        ["registry.example.org:5000", "registry.example.org"],
        ["192.0.2.7:30500", "192.0.2.7"],
        ["2001:db8::7", "2001:db8::7"],
        ["[2001:db8::7]:5000", "2001:db8::7"],
    ] as const) {
        it(host, () => {
            assert.equal(withoutPort(host), bare);
        });
    }
});
