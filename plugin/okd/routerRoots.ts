import { X509Certificate } from "node:crypto";

import type { ApiServer, KubeObject } from "../copier/apiServer.ts";
import { isForbidden, paths, reasonOf } from "./openshift.ts";

/** What to believe of the cluster's router. */
export interface RouterRoots {
    /** PEM. */
    readonly caBundle: string;
    /** Where it was found, for people. */
    readonly from: string;
}

type Look = (api: ApiServer) => Promise<{ place: string; pem: string | undefined }>;

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The places in their order. The first is published for clients, and needs no right to read Secrets. `router-certs-default` exists only
 * while the IngressController has no certificate of its own, which then is in the Secret that it names. Of a Secret only `tls.crt` is used.
 */
const places: readonly Look[] = [
    async (api) => {
        const place = "ConfigMap openshift-config-managed/default-ingress-cert";
        const found = await api.get(paths.configMap("openshift-config-managed", "default-ingress-cert"));
        return { place, pem: textOf(found, "ca-bundle.crt") };
    },
    async (api) => {
        const controller = await api.get(paths.ingressController);
        const { name } =
            (controller?.spec as { defaultCertificate?: { name?: string } } | undefined)?.defaultCertificate ?? {};
        if (name === undefined) return { place: "the IngressController's own certificate", pem: undefined };
        return { place: `Secret openshift-ingress/${name}`, pem: await certificateIn(api, "openshift-ingress", name) };
    },
    async (api) => ({
        place: "Secret openshift-ingress/router-certs-default",
        pem: await certificateIn(api, "openshift-ingress", "router-certs-default"),
    }),
    async (api) => ({
        place: "Secret openshift-ingress-operator/router-ca",
        pem: await certificateIn(api, "openshift-ingress-operator", "router-ca"),
    }),
];

/** Reads the roots of the router's certificate. Throws, naming every place, where none tells. */
export async function routerRoots(api: ApiServer): Promise<RouterRoots> {
    const missed: string[] = [];
    for (const look of places) {
        try {
            const { place, pem } = await look(api);
            const caBundle = rootsIn(pem ?? "");
            if (caBundle !== undefined) return { caBundle, from: place };
            missed.push(`${place}: holds none, or is not there`);
        } catch (error) {
            if (!isForbidden(error)) throw error;
            missed.push(`not allowed: ${reasonOf(error)}`);
        }
    }
    throw new Error(
        `the CA of the cluster's router is in none of its places:\n  ${missed.join("\n  ")}\n` +
            "Let the account read the first of them, or give each route a certificate of its own and set okd.defaultRoute to false.",
    );
}

async function certificateIn(api: ApiServer, namespace: string, name: string): Promise<string | undefined> {
    const encoded = textOf(await api.get(paths.secret(namespace, name)), "tls.crt");
    return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
}

function textOf(object: KubeObject | undefined, key: string): string | undefined {
    return (object?.data as Record<string, string> | undefined)?.[key];
}

/** The authorities among the certificates; where there are none, a client has to believe the certificate itself. */
export function rootsIn(pem: string): string | undefined {
    const all = [...new Set(pem.match(block) ?? [])].filter(isReadable);
    const authorities = all.filter((one) => new X509Certificate(one).ca);
    const chosen = authorities.length > 0 ? authorities : all;
    return chosen.length === 0 ? undefined : chosen.map((one) => `${one}\n`).join("");
}

function isReadable(pem: string): boolean {
    try {
        return new X509Certificate(pem).subject !== "";
    } catch {
        return false;
    }
}
