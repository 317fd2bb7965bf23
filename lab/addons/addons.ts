import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import type { Report } from "../report.ts";
import { gatewayDefinitions, traefikDefinitions } from "./definitions.ts";
import { mustKubectl } from "./kubectl.ts";
import type { Workload } from "./rollout.ts";
import { rollout } from "./rollout.ts";

const manifests = join(import.meta.dirname, "manifests");

const workloads: readonly Workload[] = [
    { kind: "deployment", namespace: "kube-system", name: "coredns" },
    { kind: "deployment", namespace: "local-path-storage", name: "local-path-provisioner" },
    { kind: "daemonset", namespace: "traefik", name: "traefik" },
];

/**
 * Gives the cluster what a site's cluster has: names, a default StorageClass, and Traefik with its custom resources and a Gateway.
 * Applying again changes nothing. Returns when all of it runs, or, where its images are not on the nodes, once it is known.
 */
export async function applyAddons(lab: Lab, report: Report, startable = true): Promise<void> {
    await report.stage("cluster add-ons", async () => {
        // The kinds first: Traefik would otherwise start with errors about kinds it cannot watch.
        await apply(lab, await traefikDefinitions());
        await apply(lab, await gatewayDefinitions());
        await apply(lab, ["coredns.yaml", "local-path-storage.yaml"].map(manifest).join("---\n"));
        await mustKubectl(lab, [
            "wait",
            "--for=condition=Established",
            "crd/ingressroutetcps.traefik.io",
            "crd/gateways.gateway.networking.k8s.io",
            "crd/tlsroutes.gateway.networking.k8s.io",
            "--timeout=60s",
        ]);
        await apply(lab, manifest("traefik.yaml").replaceAll("INGRESS_ADDRESS", lab.ingressAddress));
        if (startable) await Promise.all(workloads.map((workload) => rollout(lab, workload, report)));
        else report.say("    the nodes hold the pause image alone: no add-on starts before its image comes");
    });
}

function manifest(name: string): string {
    return readFileSync(join(manifests, name), "utf8");
}

async function apply(lab: Lab, input: string): Promise<void> {
    await mustKubectl(lab, ["apply", "--server-side", "--force-conflicts", "--field-manager=lab", "-f", "-"], input);
}
