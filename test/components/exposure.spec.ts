import assert from "node:assert/strict";

import { timeoutWarning } from "../../components/registry/exposure/ingress.ts";
import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { exampleCa } from "../support/exampleCa.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

/** The kinds of objects that ways in are made of. */
const routes = ["IngressRouteTCP", "ServersTransport", "Ingress", "TLSRoute"];

function site(registry: Record<string, unknown>): Promise<Registered[]> {
    configure({ registry: { host: "registry.example.org", ...registry }, nodeTrust: {} });
    return underMocks(() => buildSite(readSettings(), []));
}

function kindsOf(seen: readonly Registered[]): string[] {
    const kinds = seen.filter((one) => one.type.startsWith("kubernetes:")).map((one) => String(one.inputs.kind));
    return kinds.filter((kind) => routes.includes(kind)).sort();
}

interface Service {
    metadata: { annotations: Record<string, string> };
    spec: Record<string, unknown> & { type: string };
}

function serviceOf(seen: readonly Registered[]): Service {
    return find(seen, "kubernetes:core/v1:Service", "registry-service").inputs as unknown as Service;
}

const inside = { name: "registry", port: 5000, targetPort: "registry", protocol: "TCP" };

describe("the ways in", () => {
    it("passthrough: one IngressRouteTCP for every name, with the entry points asked for", async () => {
        const seen = await site({
            extraHosts: ["image-registry:5000"],
            passthrough: { entryPoints: ["secure", "other"] },
        });
        assert.deepEqual(kindsOf(seen), ["IngressRouteTCP"]);
        const { spec } = find(seen, "kubernetes:traefik.io/v1alpha1:IngressRouteTCP", "registry-ingress").inputs;
        assert.deepEqual(spec, {
            entryPoints: ["secure", "other"],
            routes: [
                {
                    match: "HostSNI(`registry.example.org`) || HostSNI(`image-registry`)",
                    services: [{ name: "image-registry", port: 5000 }],
                },
            ],
            tls: { passthrough: true },
        });
        assert.equal(
            serviceOf(seen).metadata.annotations["siteregistry/hosts"],
            "registry.example.org,image-registry:5000",
        );
    });

    it("ingress: as the seeds have it, and never unverified behind", async () => {
        const seen = await site({
            exposure: "ingress",
            ingress: { className: "traefik", annotations: { "a/b": "c" }, readTimeoutSeconds: 0 },
        });
        assert.deepEqual(kindsOf(seen), ["Ingress", "ServersTransport"]);
        const { metadata, spec } = find(seen, "kubernetes:networking.k8s.io/v1:Ingress", "registry-ingress").inputs;
        assert.deepEqual((metadata as { annotations: unknown }).annotations, {
            "a/b": "c",
            "pulumi.com/skipAwait": "true",
            "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
            "traefik.ingress.kubernetes.io/router.tls": "true",
        });
        assert.deepEqual((spec as { tls: unknown; ingressClassName: string }).tls, [
            { hosts: ["registry.example.org"], secretName: "image-registry-certs" },
        ]);
        const transport = find(seen, "kubernetes:traefik.io/v1alpha1:ServersTransport", "registry-transport").inputs;
        assert.deepEqual(transport.spec, {
            serverName: "image-registry.kube-infra.svc",
            rootCAs: [{ configMap: "image-registry-ca" }],
        });
        const roots = find(seen, "kubernetes:core/v1:ConfigMap", "registry-ca").inputs;
        assert.deepEqual(roots.data, { "ca.crt": exampleCa });
        const { annotations } = serviceOf(seen).metadata;
        assert.equal(annotations["traefik.ingress.kubernetes.io/service.serversscheme"], "https");
        assert.equal(
            annotations["traefik.ingress.kubernetes.io/service.serverstransport"],
            "kube-infra-image-registry@kubernetescrd",
        );
        assert.equal(JSON.stringify(seen).includes("insecureSkipVerify"), false);
    });

    it("ingress: warns of the read timeout until the operator says that there is none", () => {
        const warning = timeoutWarning({ entryPoints: ["secure"], readTimeoutSeconds: 60 }) ?? "";
        assert.match(warning, /entry point secure ends every upload that takes longer than 60 s/);
        assert.match(warning, /--entryPoints\.secure\.transport\.respondingTimeouts\.readTimeout=0/);
        assert.equal(timeoutWarning({ entryPoints: ["secure"], readTimeoutSeconds: 0 }), undefined);
    });

    it("gateway: a TLSRoute on the Gateway that was named, done when accepted", async () => {
        const gateway = { name: "site", namespace: "gateways", sectionName: "tls" };
        const seen = await site({ exposure: "gateway", gateway });
        assert.deepEqual(kindsOf(seen), ["TLSRoute"]);
        const type = "kubernetes:gateway.networking.k8s.io/v1alpha2:TLSRoute";
        const { spec, metadata } = find(seen, type, "registry-route").inputs;
        assert.deepEqual(spec, {
            parentRefs: [gateway],
            hostnames: ["registry.example.org"],
            rules: [{ backendRefs: [{ name: "image-registry", port: 5000 }] }],
        });
        assert.match(JSON.stringify(metadata), /waitFor.*Accepted.*True/);
    });

    it("nodePort, loadBalancer, clusterOnly: a kind of Service, and no route", async () => {
        const node = await site({ exposure: "nodePort", nodePort: { port: 30500 }, host: "image-registry:30500" });
        assert.equal(serviceOf(node).spec.type, "NodePort");
        assert.deepEqual(serviceOf(node).spec.ports, [{ ...inside, nodePort: 30500 }]);
        const free = serviceOf(await site({ exposure: "nodePort" })).spec;
        assert.deepEqual([free.type, free.ports], ["NodePort", [inside]]);
        const only = await site({ exposure: "clusterOnly", clusterIP: "10.96.0.77" });
        assert.deepEqual([serviceOf(only).spec.type, serviceOf(only).spec.clusterIP], ["ClusterIP", "10.96.0.77"]);
        for (const seen of [node, only]) assert.deepEqual(kindsOf(seen), []);
        assert.equal("trafficDistribution" in serviceOf(only).spec, false);
        const near = await site({ trafficDistribution: "PreferSameNode" });
        assert.equal(serviceOf(near).spec.trafficDistribution, "PreferSameNode");
    });

    it("loadBalancer: a port of its own, and its address on the certificate", async () => {
        const loadBalancer = {
            address: "192.0.2.5",
            className: "lab",
            annotations: { "x/y": "z" },
            sourceRanges: ["192.0.2.0/24"],
        };
        const seen = await site({ exposure: "loadBalancer", loadBalancer });
        const { spec, metadata } = serviceOf(seen);
        assert.deepEqual(spec.ports, [inside, { ...inside, name: "public", port: 443 }]);
        assert.equal(spec.type, "LoadBalancer");
        assert.equal(spec.loadBalancerIP, "192.0.2.5");
        assert.equal(spec.loadBalancerClass, "lab");
        assert.deepEqual(spec.loadBalancerSourceRanges, ["192.0.2.0/24"]);
        assert.equal(metadata.annotations["x/y"], "z");
        // It does not wait for the load balancer: the pods wait for the Service.
        assert.equal(metadata.annotations["pulumi.com/skipAwait"], "true");
        const request = find(seen, "tls:index/certRequest:CertRequest", "registry-server-request").inputs;
        assert.deepEqual(request.ipAddresses, ["10.96.7.7", "192.0.2.5"]);
    });

    it("loadBalancer: waits for the address where it shall be on the certificate", async () => {
        const seen = await site({ exposure: "loadBalancer", loadBalancer: { addressInCertificate: true } });
        const { annotations } = serviceOf(seen).metadata;
        assert.equal(annotations["pulumi.com/waitFor"], "jsonpath={.status.loadBalancer.ingress[*]}");
        assert.equal("pulumi.com/skipAwait" in annotations, false);
        const request = find(seen, "tls:index/certRequest:CertRequest", "registry-server-request").inputs;
        assert.deepEqual(request.ipAddresses, ["10.96.7.7", "203.0.113.9"]);
    });

    it("host:port: names without port on the certificate, with it on nodes and in pull secrets", async () => {
        const seen = await site({
            host: "image-registry:5000",
            extraHosts: ["a.b:30500"],
            pullSecret: { namespaces: ["apps"] },
        });
        const request = find(seen, "tls:index/certRequest:CertRequest", "registry-server-request").inputs;
        assert.deepEqual((request.dnsNames as string[]).slice(0, 3), [
            "image-registry",
            "a.b",
            "image-registry.kube-infra",
        ]);
        const { dockerconfigjson } = find(seen, "siteregistry:index:NamespacePullSecrets", "registry-pull").inputs;
        const text = dockerconfigjson as string;
        const { auths } = JSON.parse(text) as { auths: Record<string, unknown> };
        for (const host of ["image-registry:5000", "a.b:30500"]) assert.ok(host in auths, text);
        const agent = JSON.stringify(find(seen, "kubernetes:apps/v1:DaemonSet", "node-trust-agent").inputs);
        assert.ok(agent.includes('"files/etc/containerd/certs.d/a.b:30500/hosts.toml"'), agent);
    });
});
