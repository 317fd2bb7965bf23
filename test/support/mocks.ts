import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { registrationsOf, type Registered } from "../../tools/render/registrations.ts";
import { exampleCa } from "./exampleCa.ts";

export type { Registered };

/**
 * Runs `program` under mocks of the real providers and returns every resource it registered.
 * `computed` holds further outputs of some resources, by name.
 */
export function underMocks(
    program: () => unknown,
    computed: Record<string, Record<string, unknown>> = {},
): Promise<Registered[]> {
    return registrationsOf(program, (type, name) => ({ ...outputsOf(type, name), ...computed[name] }));
}

/** What the real providers compute, made from the resource's name so that golden files hold still. */
function outputsOf(type: string, name: string): Record<string, unknown> {
    const hex = createHash("sha256").update(name).digest("hex");
    switch (type) {
        case "kubernetes:core/v1:Service":
            return {
                spec: { clusterIP: "10.96.7.7" },
                status: { loadBalancer: { ingress: [{ ip: "203.0.113.9" }] } },
            };
        case "kubernetes:core/v1:PersistentVolumeClaim":
            return name.endsWith("-bound") ? { spec: { volumeName: "pvc-7" } } : {};
        case "random:index/randomPassword:RandomPassword":
            // A salt has to look like one; a password that says whose it is makes tests readable.
            return { result: pulumi.secret(name.includes("-salt-") ? hex.slice(0, 22) : `password of ${name}`) };
        case "tls:index/privateKey:PrivateKey":
            return { privateKeyPem: pulumi.secret(`key of ${name}`) };
        case "tls:index/certRequest:CertRequest":
            return { certRequestPem: `request of ${name}` };
        case "tls:index/selfSignedCert:SelfSignedCert":
            return { certPem: exampleCa, validityEndTime: "2122-12-31T00:00:00Z" };
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { certPem: `certificate of ${name}\n`, validityEndTime: "2027-12-23T00:00:00Z" };
        case "siteregistry:index:SeededImages":
            return { images: [] };
        case "siteregistry:index:MachineImages":
            return { brought: [] };
        case "random:index/randomId:RandomId":
            return { hex: hex.slice(0, 8) };
        case "siteregistry:index:OkdRegistryStatus":
            return {
                hosts: { "default-route": "default-route-openshift-image-registry.apps.site.test" },
                routerCaBundle: exampleCa,
                routerCaFrom: "a test",
            };
        case "siteregistry:index:OkdToken":
            return { token: pulumi.secret(`token of ${name}`), expiresAt: "2026-12-23T00:00:00Z" };
        case "siteregistry:index:QuayReadiness": {
            const host = "quay.apps.site.test";
            return { host, url: `https://${host}`, version: "3.17.0", caBundle: exampleCa };
        }
        case "siteregistry:index:QuayRobot":
            return { login: `login of ${name}`, token: pulumi.secret(`token of ${name}`) };
        default:
            return {};
    }
}

/** The one resource of that type and name. */
export function find(seen: readonly Registered[], type: string, name: string): Registered {
    const found = seen.filter((one) => one.type === type && one.name === name);
    if (found.length !== 1 || found[0] === undefined) {
        throw new Error(
            `${found.length.toString()} resources are ${type} ${name}; there are ${seen.map((one) => one.name).join(", ")}`,
        );
    }
    return found[0];
}
