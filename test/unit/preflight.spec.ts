import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { revealed } from "../../components/preflight.ts";
import type { AnyObject, ApiKind, Cluster } from "../../components/preflight/cluster.ts";
import { conflicts, type Claim } from "../../components/preflight/conflicts.ts";

/** A cluster that has these objects, by plural of their kind, and refuses a Service that holds what `refuses` says. */
function clusterWith(
    objects: Record<string, AnyObject[]>,
    namespaces: string[] = [],
    refuses: (spec: Record<string, unknown>) => string | undefined = () => undefined,
): Cluster {
    const list = (kind: ApiKind): Promise<AnyObject[] | undefined> => Promise.resolve(objects[kind.plural]);
    return {
        hasNamespace: (name) => Promise.resolve(namespaces.includes(name)),
        list,
        read: async (kind, namespace, name) =>
            (await list(kind))?.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name),
        refusal: (spec) => Promise.resolve(refuses(spec as Record<string, unknown>)),
    };
}

function object(place: string, spec: Record<string, unknown>, annotations: Record<string, string> = {}): AnyObject {
    const [namespace = "", name = ""] = place.split("/");
    return { metadata: { namespace, name, annotations }, spec };
}

const claim: Claim = {
    namespace: "kube-infra",
    objectName: "image-registry",
    hosts: ["registry.example.org", "image-registry:5000"],
    exposure: "passthrough",
};
const traefik = { ingressroutetcps: [], ingressroutes: [], serverstransports: [], services: [], ingresses: [] };

describe("preflight", () => {
    it("finds nothing in a cluster that has room", async () => {
        assert.deepEqual(await conflicts(clusterWith(traefik), claim, undefined), []);
    });

    it("finds another stack by all that it holds, at once", async () => {
        const cluster = clusterWith(
            {
                ...traefik,
                services: [
                    object(
                        "other/registry",
                        { clusterIP: "10.96.0.7", ports: [{ nodePort: 30500 }] },
                        {
                            "siteregistry/hosts": "registry.example.org,image-registry:5000",
                        },
                    ),
                ],
            },
            ["kube-infra"],
        );
        const found = await conflicts(
            cluster,
            { ...claim, clusterIP: "10.96.0.7", exposure: "nodePort", nodePort: { port: 30500 } },
            undefined,
        );
        assert.deepEqual(
            found.map((line) => line.split(": is ")[0]),
            ["registry.namespace", "registry.host", "registry.host", "registry.clusterIP", "registry.nodePort.port"],
        );
        for (const line of found.slice(1)) assert.match(line, /taken by the (registry|Service) other\/registry/);
    });

    it("leaves a namespace alone that the stack is not to make", async () => {
        const cluster = clusterWith(traefik, ["kube-infra"]);
        assert.equal((await conflicts(cluster, claim, undefined)).length, 1);
        assert.deepEqual(await conflicts(cluster, { ...claim, createNamespace: false }, undefined), []);
        assert.equal((await conflicts(cluster, claim, { ...claim, namespace: "elsewhere" })).length, 1);
    });

    it("finds every kind of route that answers to a name of ours", async () => {
        const name = "registry.example.org";
        const routes: [string, string, Record<string, unknown>][] = [
            ["Ingress", "ingresses", { rules: [{ host: "other.example.org" }, { host: name }] }],
            [
                "IngressRouteTCP",
                "ingressroutetcps",
                { routes: [{ match: `HostSNI(\`a.b\`) || HostSNI(\`${name}\`)` }] },
            ],
            ["IngressRoute", "ingressroutes", { routes: [{ match: `Host("${name}") && PathPrefix("/")` }] }],
            ["TLSRoute", "tlsroutes", { hostnames: [name] }],
            ["HTTPRoute", "httproutes", { hostnames: [name] }],
        ];
        for (const [kind, plural, spec] of routes) {
            const found = await conflicts(
                clusterWith({ ...traefik, [plural]: [object("x/y", spec)] }),
                claim,
                undefined,
            );
            assert.equal(found.length, 1, kind);
            assert.ok(found[0]?.startsWith(`registry.host: is "${name}", which is taken by the ${kind} x/y`), found[0]);
        }
        const longer = object("x/y", { routes: [{ match: `HostSNI(\`my.${name}\`)` }] });
        assert.deepEqual(
            await conflicts(clusterWith({ ...traefik, ingressroutetcps: [longer] }), claim, undefined),
            [],
        );
        const taken = clusterWith({ ...traefik, ingresses: [object("x/y", { rules: [{ host: name }] })] });
        assert.deepEqual(await conflicts(taken, { ...claim, exposure: "clusterOnly" }, undefined), []);
    });

    it("takes what the stack holds already for its own", async () => {
        const mine = { ...claim, clusterIP: "10.96.0.7" };
        const own = object(
            "kube-infra/image-registry",
            { clusterIP: "10.96.0.7" },
            {
                "siteregistry/hosts": claim.hosts.join(","),
            },
        );
        const route = object("kube-infra/image-registry", { routes: [{ match: "HostSNI(`registry.example.org`)" }] });
        const refuses = (): string => "the provided IP is already allocated";
        const cluster = clusterWith(
            { ...traefik, services: [own], ingressroutetcps: [route] },
            ["kube-infra"],
            refuses,
        );
        assert.deepEqual(await conflicts(cluster, mine, mine), []);
        assert.notDeepEqual(await conflicts(cluster, mine, undefined), []);
    });

    it("has the API server judge ranges, one value at a time", async () => {
        const refuses = (spec: Record<string, unknown>): string =>
            `not in range: ${Object.keys(spec).sort().join(" ")}`;
        const asked: Claim = { ...claim, clusterIP: "192.0.2.1", exposure: "nodePort", nodePort: { port: 30500 } };
        assert.deepEqual(await conflicts(clusterWith(traefik, [], refuses), asked, undefined), [
            'registry.clusterIP: is "192.0.2.1"; the API server refuses it: not in range: clusterIP ports',
            "registry.nodePort.port: is 30500; the API server refuses it: not in range: ports type",
        ]);
        const near: Claim = { ...claim, trafficDistribution: "PreferSameNode" };
        assert.deepEqual(await conflicts(clusterWith(traefik, [], refuses), near, undefined), [
            'registry.trafficDistribution: is "PreferSameNode"; the API server refuses it: not in range: ports trafficDistribution',
        ]);
    });

    it("names the remedy where the exposure's kinds are missing", async () => {
        const bare = clusterWith({ services: [] });
        for (const exposure of ["passthrough", "ingress"] as const) {
            const found = await conflicts(bare, { ...claim, exposure }, undefined);
            assert.equal(found.length, 1);
            assert.match(
                found[0] ?? "",
                /^registry\.exposure: is "\w+"; .*install Traefik 3 .* choose the exposure nodePort/,
            );
        }
        const gateway = { name: "site", namespace: "traefik", version: "v1alpha2" };
        const [line] = await conflicts(bare, { ...claim, exposure: "gateway", gateway }, undefined);
        assert.match(line ?? "", /does not know TLSRoute v1alpha2: install the Gateway API's experimental channel/);
    });

    it("wants a Gateway with a listener that hands through", async () => {
        const gateway = { name: "site", namespace: "traefik", version: "v1alpha2" };
        const asked: Claim = { ...claim, exposure: "gateway", gateway };
        const listeners = (...all: object[]) =>
            clusterWith({ tlsroutes: [], gateways: [object("traefik/site", { listeners: all })] });
        const through = { name: "tls", protocol: "TLS", tls: { mode: "Passthrough" } };
        const ending = { name: "https", protocol: "HTTPS", tls: { mode: "Terminate" } };
        assert.match(
            (await conflicts(clusterWith({ tlsroutes: [] }), asked, undefined))[0] ?? "",
            /there is no such Gateway/,
        );
        assert.deepEqual(await conflicts(listeners(ending, through), asked, undefined), []);
        assert.match((await conflicts(listeners(ending), asked, undefined))[0] ?? "", /only https \(HTTPS Terminate\)/);
        const named = { ...asked, gateway: { ...gateway, sectionName: "https" } };
        const [line] = await conflicts(listeners(ending, through), named, undefined);
        assert.match(line ?? "", /^registry\.gateway\.sectionName: is https;/);
    });

    it("sees what stood there before, although a secret in it makes the whole of it one", async () => {
        const routes = [{ name: "site", host: "registry.example.org", certificate: { key: "hidden" } }];
        const given = { defaultRoute: true, routes: pulumi.secret(routes) };
        assert.deepEqual(await revealed(given), { defaultRoute: true, routes });
    });
});
