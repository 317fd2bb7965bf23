import { z } from "zod";

import { clientKit } from "./schema/clientKit.ts";
import { once, subdomain } from "./schema/common.ts";
import { firstImagesMistakes } from "./schema/firstImages.ts";
import { harbor } from "./schema/harbor.ts";
import { host } from "./schema/host.ts";
import { images, intoOkdMistakes } from "./schema/images.ts";
import { configMapsOf } from "./schema/objectNames.ts";
import { nodeTrust } from "./schema/nodeTrust.ts";
import { okd } from "./schema/okd.ts";
import { quay } from "./schema/quay.ts";
import { registry } from "./schema/registry.ts";
import { sites, sitesMistakes } from "./schema/sites.ts";

/** Name of the Pulumi project, and so the prefix of its configuration keys. */
export const project = "siteregistry";

/** Keys whose values are secret. They stand outside the sections, which are plain. */
export const secretKeys = [
    "passwords",
    "certificates",
    "s3Credentials",
    "harborCredentials",
    "nodeCredentials",
    "imageCredentials",
    "sshKeys",
    "okdSecrets",
    "quayCredentials",
    "kubeconfig",
] as const;

/** The settings that are one value, and always have one. `Pulumi.yaml` declares these. */
export const scalars = {
    clusterIdentifier: z
        .string()
        .min(1)
        .default("site")
        .describe("Identity of the cluster: while it stays, another kubeconfig for the same cluster replaces nothing."),
    clusterDomain: z
        .string()
        .regex(subdomain, "allowed is a DNS name")
        .default("cluster.local")
        .describe("DNS domain of the cluster's services."),
};

/** The whole configuration: scalars and sections. A section that is absent turns its part off. */
export const schema = z
    .strictObject({
        ...scalars,
        registry: registry.optional().describe("A registry in the cluster."),
        nodeTrust: nodeTrust.optional().describe("Nodes that trust it."),
        harbor: harbor.optional().describe("A Harbor, and what it copies."),
        images: images.optional().describe("Images that the site gets from outside."),
        host: host.optional().describe("A registry on machines of its own, before there is a cluster."),
        okd: okd.optional().describe("The registry that an OKD cluster has."),
        quay: quay.optional().describe("A Quay, by its operator, on an OKD cluster."),
        clientKit: clientKit.optional().describe("Scripts for machines outside the cluster, published in it."),
        sites,
    })
    .superRefine((value, context) => {
        const { registry: made, nodeTrust: trust } = value;
        const refuse = (path: (string | number)[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        const { destination } = value.images ?? {};
        if (destination === "registry" && made === undefined) {
            refuse(["images", "destination"], "there is no `registry` section; allowed are also harbor and a host");
        }
        if (destination === "host" && value.host?.state !== "running") {
            const why = value.host === undefined ? "there is no `host` section" : `host.state is ${value.host.state}`;
            refuse(["images", "destination"], `${why}: allowed with a registry that runs on its machines`);
        }
        if (destination === "harbor" && value.harbor === undefined) {
            refuse(["images", "destination"], "there is no `harbor` section; allowed are also registry and a host");
        }
        for (const [path, message] of sitesMistakes(value)) refuse(path, message);
        for (const [key, message] of intoOkdMistakes(value.images, value.okd?.builders))
            refuse(["images", key], message);
        const harborRoot = value.harbor?.caBundle ?? value.harbor?.install;
        const trusted = harborRoot !== undefined || value.sites.some((site) => site.trust);
        if (trust !== undefined && made === undefined && !trusted) {
            const parts = "a `registry` section, a `harbor.caBundle`, a `harbor.install` or a trusted one of `sites`";
            refuse(["nodeTrust"], `there is nothing to trust without ${parts}`);
        }
        if (made === undefined && trust?.hostsEntries.some((one) => one.address === undefined) === true) {
            refuse(["nodeTrust", "hostsEntries"], "without a `registry` section each needs an address");
        }
        if (made?.proof.enabled === true && trust === undefined) {
            const remedy = "add a `nodeTrust` section, or set it to false";
            refuse(["registry", "proof", "enabled"], `nodes cannot pull before they trust the registry: ${remedy}`);
        }
        if (value.quay !== undefined && (made !== undefined || trust !== undefined)) {
            refuse(
                ["quay"],
                "is for an OKD cluster, whose nodes belong to its operators: leave out `registry` and `nodeTrust`",
            );
        }
        if (
            value.clientKit !== undefined &&
            made === undefined &&
            value.okd === undefined &&
            value.quay === undefined
        ) {
            refuse(["clientKit"], "there is nothing to trust without a `registry` section");
        }
        if (value.okd !== undefined && (made !== undefined || trust !== undefined)) {
            const instead =
                "its nodes belong to its operators: leave out `registry` and `nodeTrust`, and use `okd.trust`";
            refuse(["okd"], `an OKD cluster has a registry, and ${instead}`);
        }
        if (value.okd !== undefined && value.clientKit !== undefined && value.clientKit.namespace === undefined) {
            refuse(
                ["clientKit", "namespace"],
                "with `okd` it must name one of yours: the cluster's own are not for people",
            );
        }
        const importers = value.images?.firstImages?.namespace;
        const harborNamespace = value.harbor?.install?.chart?.namespace;
        const own = [made?.namespace, made?.proof.namespace, trust?.namespace, importers, harborNamespace].filter(
            (name) => name !== undefined,
        );
        if (!once[0](own)) {
            refuse(
                ["registry", "namespace"],
                "registry, proof, nodeTrust, images.firstImages and harbor.install each make a namespace of their own: give each another name",
            );
        }
        if (made?.pullSecret.namespaces.some((name) => own.includes(name)) === true) {
            refuse(
                ["registry", "pullSecret", "namespaces"],
                "allowed are namespaces that are there already, not those this stack makes",
            );
        }
        for (const [path, message] of firstImagesMistakes(value.images?.firstImages, trust?.hosts ?? [])) {
            refuse(["images", "firstImages", ...path], message);
        }
        const kitNamespace = value.clientKit?.namespace;
        if (kitNamespace !== undefined && own.filter((name) => name !== made?.namespace).includes(kitNamespace)) {
            refuse(
                ["clientKit", "namespace"],
                "allowed are the registry's namespace and those that are there already, not others this stack makes",
            );
        }
        const kit = value.clientKit;
        const besideRegistry = kit !== undefined && (kitNamespace ?? made?.namespace) === made?.namespace;
        if (besideRegistry && made !== undefined && configMapsOf(made).includes(kit.name)) {
            refuse(["clientKit", "name"], "a ConfigMap of the registry has this name in the same namespace");
        }
        const hosts = made === undefined ? [] : [made.host, ...made.extraHosts];
        for (const key of ["insecureRegistries", "mirrors"] as const) {
            const named = trust?.[key].map((one) => (typeof one === "string" ? one : one.upstream)) ?? [];
            const own = named.filter((host) => hosts.includes(host));
            if (own.length > 0)
                refuse(["nodeTrust", key], `${own.join(", ")}: is the registry's own; allowed are others`);
        }
        if (made?.extraHosts.includes(made.host) === true) {
            refuse(["registry", "extraHosts"], "allowed are hosts other than registry.host");
        }
    });

/** The plain settings, checked. */
export type PlainSettings = z.infer<typeof schema>;
