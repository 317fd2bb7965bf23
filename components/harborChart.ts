import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";

import {
    keysOfParts,
    merged,
    ownValues,
    registryUser,
    type ChartSecrets,
    type ChartValues,
} from "./harbor/chartValues.ts";
import { createHarborCertificate, type HarborCertificateArgs } from "./harbor/installationCertificates.ts";
import { labels } from "./kubernetes/labels.ts";
import { hashPassword } from "./registry/users.ts";

/** Arguments of {@link HarborChart}. */
export interface HarborChartArgs {
    /** What clients call Harbor: `https://host[:port]`. */
    url: string;
    /** Harbor's own chart: a `.tgz` or a folder on the machine that runs Pulumi. */
    chart: string;
    /** Namespace of everything of Harbor. */
    namespace: string;
    /** Whether the namespace is made here. Default: true. */
    createNamespace?: boolean | undefined;
    /** Name of the release, with which the names of Harbor's objects begin. */
    release: string;
    /** More values of the chart. Those that {@link ownValues} has win. Default: none. */
    values?: ChartValues | undefined;
    /** Whether its volumes stay at destroy, and the namespace with them. Default: true. */
    keepVolumes?: boolean | undefined;
    /** Roots that Harbor itself believes at other registries besides its own root, PEM. Default: none. */
    trustedRoots?: string | undefined;
    certificate: HarborCertificateArgs;
    /** First password of `admin`. Kept secret. Default: 32 characters. Harbor keeps the first one that it is given. */
    adminPassword?: pulumi.Input<string> | undefined;
    /** Whether an update does not wait for Harbor's pods. Default: false. */
    skipAwait?: boolean | undefined;
}

/** Life of a certificate that only Harbor's own parts look at, in hours: thirty years. */
const tokenValidityHours = 24 * 365 * 30;

/**
 * A Harbor in the cluster by its own Helm chart, with certificates, keys and passwords of the stack: they are in Secrets that the chart
 * is pointed to, and stay the same at every run.
 */
export class HarborChart extends pulumi.ComponentResource {
    /** The root that signs its certificate, PEM. */
    declare readonly caBundle: pulumi.Output<string>;
    /** When its certificate ends, RFC 3339. */
    declare readonly certificateExpiry: pulumi.Output<string>;
    /** First password of `admin`, once Harbor is up. Secret. */
    declare readonly adminPassword: pulumi.Output<string>;

    constructor(name: string, args: HarborChartArgs, opts?: pulumi.ComponentResourceOptions) {
        const { adminPassword: given } = args;
        const kept = given === undefined ? args : { ...args, adminPassword: pulumi.secret(given) };
        super("siteregistry:index:HarborChart", name, kept, opts);
        const { release, url, namespace: namespaceName, keepVolumes = true } = args;
        const made =
            (args.createNamespace ?? true)
                ? new k8s.core.v1.Namespace(
                      `${name}-namespace`,
                      { metadata: { name: namespaceName, labels: labels(release, "harbor").all } },
                      // A volume goes with its namespace.
                      { parent: this, retainOnDelete: keepVolumes },
                  )
                : undefined;
        const child = { parent: this, dependsOn: made === undefined ? [] : [made] };
        const secrets: ChartSecrets = {
            certificate: `${release}-site-tls`,
            token: `${release}-site-token`,
            roots: `${release}-site-roots`,
            admin: `${release}-site-admin`,
            keys: `${release}-site-keys`,
        };
        const certificate = createHarborCertificate(name, hostOf(url), args.certificate, this);
        const password = given ?? generated(`${name}-admin-password`, 32, this);
        const put = (role: keyof ChartSecrets, type: string, stringData: Record<string, pulumi.Input<string>>) =>
            new k8s.core.v1.Secret(
                `${name}-${role}`,
                {
                    metadata: { name: secrets[role], namespace: namespaceName, labels: labels(release, "harbor").all },
                    type,
                    stringData: pulumi.secret(stringData),
                },
                child,
            );
        const roots = pulumi.interpolate`${certificate.caBundle}${args.trustedRoots ?? ""}`;
        const parts = [
            put("certificate", "kubernetes.io/tls", {
                "tls.crt": certificate.certificate,
                "tls.key": certificate.privateKey,
            }),
            put("token", "kubernetes.io/tls", tokenPair(name, release, this)),
            put("roots", "Opaque", { "ca.crt": roots }),
            put("admin", "Opaque", { HARBOR_ADMIN_PASSWORD: password }),
            put("keys", "Opaque", keys(name, this)),
        ];
        const chart = new k8s.helm.v4.Chart(
            `${name}-chart`,
            {
                chart: args.chart,
                name: release,
                namespace: namespaceName,
                values: merged(args.values ?? {}, ownValues(url, secrets, keepVolumes)),
                ...(args.skipAwait === true ? { skipAwait: true } : {}),
            },
            { parent: this, dependsOn: parts },
        );
        this.caBundle = certificate.caBundle;
        this.certificateExpiry = certificate.expiry;
        // Whoever has it may log in, so it is there once Harbor is: the chart's own name is known when its objects are ready.
        const ready = [chart.urn, ...parts.map(({ id }) => id)];
        this.adminPassword = pulumi.secret(pulumi.all([password, pulumi.all(ready)]).apply(([text]) => text));
        this.registerOutputs({
            caBundle: this.caBundle,
            certificateExpiry: this.certificateExpiry,
            adminPassword: this.adminPassword,
        });
    }
}

/** The name or address in a URL, without brackets. */
function hostOf(url: string): string {
    return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

function generated(name: string, length: number, parent: pulumi.Resource): pulumi.Output<string> {
    return new random.RandomPassword(name, { length, special: false }, { parent }).result;
}

/** What Harbor's parts know each other by. Harbor wants 16 characters of some, and 32 of one. */
function keys(name: string, parent: pulumi.Resource): Record<string, pulumi.Input<string>> {
    const password = generated(`${name}-registry-password`, 32, parent);
    const salt = generated(`${name}-salt-registry`, 22, parent);
    return {
        [keysOfParts.secretKey]: generated(`${name}-secret-key`, 16, parent),
        [keysOfParts.core]: generated(`${name}-core-secret`, 16, parent),
        [keysOfParts.csrf]: generated(`${name}-csrf-key`, 32, parent),
        [keysOfParts.jobservice]: generated(`${name}-jobservice-secret`, 16, parent),
        [keysOfParts.http]: generated(`${name}-http-secret`, 16, parent),
        [keysOfParts.password]: password,
        [keysOfParts.htpasswd]: pulumi
            .all([password, salt])
            .apply(([text, salted]) => `${registryUser}:${hashPassword(text, salted, 5)}`),
    };
}

/** Key and certificate that Harbor signs tokens with. The registry beside it looks them up and asks no authority. */
function tokenPair(name: string, release: string, parent: pulumi.Resource): Record<string, pulumi.Input<string>> {
    const key = new tls.PrivateKey(`${name}-token-key`, { algorithm: "RSA", rsaBits: 4096 }, { parent });
    const certificate = new tls.SelfSignedCert(
        `${name}-token`,
        {
            privateKeyPem: key.privateKeyPem,
            subject: { commonName: `${release} token`, organization: "siteregistry" },
            allowedUses: ["digital_signature"],
            validityPeriodHours: tokenValidityHours,
        },
        { parent },
    );
    return { "tls.crt": certificate.certPem, "tls.key": key.privateKeyPem };
}
