import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { QuayFirstUser } from "../plugin/sdk/quayFirstUser.ts";
import { QuayReadiness } from "../plugin/sdk/quayReadiness.ts";
import type { QuayRobot } from "../plugin/sdk/quayRobot.ts";
import { doNotAwait } from "./kubernetes/awaiting.ts";
import { shortHash } from "./kubernetes/checksum.ts";
import { labels as labelsOf } from "./kubernetes/labels.ts";
import { createAutoscalers } from "./quay/autoscaling.ts";
import { createConfigBundle } from "./quay/configBundle.ts";
import { createOperator } from "./quay/operator.ts";
import { createOrganization } from "./quay/organizations.ts";
import type { QuayComponentArgs, QuayRegistryArgs } from "./quay/quayRegistryArgs.ts";

/**
 * A Quay on an OKD cluster, by its operator: installed, configured, waited for, with its first user and what that one makes.
 * Deleting it deletes its database with it.
 */
export class QuayRegistry extends pulumi.ComponentResource {
    /** Public host. */
    declare readonly host: pulumi.Output<string>;
    /** `https://` and that host. */
    declare readonly url: pulumi.Output<string>;
    /** Root that clients must trust, PEM. */
    declare readonly caBundle: pulumi.Output<string>;
    /** Version that runs. */
    declare readonly version: pulumi.Output<string>;
    /** Password of the first user. Secret. Empty without one. */
    declare readonly adminPassword: pulumi.Output<string>;
    /** What each robot logs in with, by `<organisation>+<name>`. Secret. */
    declare readonly robotTokens: pulumi.Output<Record<string, string>>;

    constructor(name: string, given: QuayRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
        const args = withSecrets(given);
        super("siteregistry:index:QuayRegistry", name, args, opts);
        const child = { parent: this };
        const { objectName, namespace, timeoutSeconds } = args;
        const labels = labelsOf(objectName, "quay").all;
        const home = args.createNamespace
            ? [new k8s.core.v1.Namespace(`${name}-namespace`, { metadata: { name: namespace, labels } }, child)]
            : [];
        const inside = { ...child, dependsOn: home };
        const operator =
            args.operator && createOperator(name, namespace, args.operator, timeoutSeconds, labels, inside);
        const bundle = createConfigBundle(name, args, labels, inside);
        const components = args.components.map((one) => componentOf(one, args.autoscaling !== undefined));
        const quay = new k8s.apiextensions.CustomResource(
            `${name}-quay`,
            {
                apiVersion: "quay.redhat.com/v1",
                kind: "QuayRegistry",
                metadata: { name: objectName, namespace, labels, annotations: doNotAwait },
                spec: { configBundleSecret: bundle.secret.metadata.name, components },
            },
            { ...child, dependsOn: [...home, ...(operator === undefined ? [] : [operator])] },
        );
        if (args.autoscaling !== undefined) {
            const managed = (kind: string): boolean => args.components.some((one) => one.kind === kind && one.managed);
            createAutoscalers(name, objectName, namespace, args.autoscaling, managed, labels, inside);
        }
        const where = { namespace, registry: objectName, bundle: `${objectName}-config-bundle`, timeoutSeconds };
        const subject = pulumi.jsonStringify([components, bundle.content]).apply(shortHash);
        const readiness = new QuayReadiness(
            `${name}-ready`,
            {
                ...where,
                operatorVersion: operator?.installedCSV,
                routerRoots: args.certificate === undefined,
                trusted: args.certificate && pulumi.unsecret(pulumi.output(args.certificate.ca)),
                subject: pulumi.unsecret(subject),
            },
            { ...child, dependsOn: [quay, bundle.secret] },
        );
        this.host = readiness.host;
        this.url = readiness.url;
        this.version = readiness.version;
        this.caBundle = readiness.caBundle;
        createBridge(name, args, this.host, readiness, child);
        const { password, robots } = this.createContent(name, args, where, labels, readiness);
        this.adminPassword = password;
        this.robotTokens = pulumi.secret(
            Object.fromEntries(Object.entries(robots).map(([login, robot]) => [login, robot.token])),
        );
        const { host, url, caBundle, version, adminPassword, robotTokens } = this;
        this.registerOutputs({ host, url, caBundle, version, adminPassword, robotTokens });
    }

    /** Makes the first user, and as that user all the rest. */
    private createContent(
        name: string,
        { admin, organizations }: QuayRegistryArgs,
        where: { namespace: string; registry: string; bundle: string; timeoutSeconds: number },
        labels: Record<string, string>,
        readiness: QuayReadiness,
    ): { password: pulumi.Output<string>; robots: Record<string, QuayRobot> } {
        const child = { parent: this };
        if (admin === undefined) return { password: pulumi.secret(""), robots: {} };
        const { username, email } = admin;
        const password = pulumi.secret(
            admin.password ?? new random.RandomPassword(`${name}-admin`, { length: 32, special: false }, child).result,
        );
        const connection = { url: this.url, caBundle: this.caBundle, username, password };
        const user = new QuayFirstUser(
            `${name}-first-user`,
            { ...where, ...connection, email },
            { ...child, dependsOn: [readiness] },
        );
        const made = organizations.map((one) =>
            createOrganization(name, one, connection, this.host, labels, { ...child, dependsOn: [user] }),
        );
        return { password, robots: Object.assign({}, ...made) as Record<string, QuayRobot> };
    }
}

function withSecrets(args: QuayRegistryArgs): QuayRegistryArgs {
    const { certificate, bucket, secretConfig, admin } = args;
    return {
        ...args,
        certificate: certificate && { ...certificate, key: pulumi.secret(certificate.key) },
        bucket: bucket && { ...bucket, secretKey: pulumi.secret(bucket.secretKey) },
        secretConfig: secretConfig && pulumi.secret(secretConfig),
        admin: admin && {
            ...admin,
            password: admin.password === undefined ? undefined : pulumi.secret(admin.password),
        },
    };
}

function componentOf({ kind, managed, ...rest }: QuayComponentArgs, ownBounds: boolean) {
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    // Without any override the operator sets the number of pods back at each look.
    const scaled =
        ownBounds && managed && ["quay", "clair", "mirror"].includes(kind)
            ? { labels: { "app.kubernetes.io/part-of": "siteregistry" } }
            : {};
    const overrides = { ...given, ...scaled };
    return { kind, managed, ...(Object.keys(overrides).length === 0 ? {} : { overrides }) };
}

function createBridge(
    name: string,
    { bridge, objectName, namespace }: QuayRegistryArgs,
    host: pulumi.Output<string>,
    readiness: QuayReadiness,
    opts: pulumi.CustomResourceOptions,
): void {
    if (bridge === undefined) return;
    new k8s.apiextensions.CustomResource(
        `${name}-bridge`,
        {
            apiVersion: "quay.redhat.com/v1",
            kind: "QuayIntegration",
            metadata: { name: objectName, annotations: doNotAwait },
            spec: {
                clusterID: bridge.organization,
                credentialsSecret: { namespace, name: bridge.credentials },
                quayHostname: pulumi.interpolate`https://${host}`,
                insecureRegistry: bridge.insecure,
            },
        },
        { ...opts, dependsOn: [readiness] },
    );
}
