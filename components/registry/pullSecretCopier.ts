import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { CopiedPullSecrets } from "../../plugin/sdk/copiedPullSecrets.ts";
import { shortHash } from "../kubernetes/checksum.ts";
import { labels } from "../kubernetes/labels.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/podSecurity.ts";

/** What the copier is made of. */
export interface CopierArgs {
    /** The registry's name; the copier's objects are called after it. */
    objectName: string;
    /** The registry's namespace, in which the copier lives. */
    namespace: string;
    /** Labels of the site's own. */
    labels: Record<string, string>;
    /** Image with Node 24. */
    image: pulumi.Input<string>;
    /** What tells this site's Secrets from those of others. */
    owner: string;
    /** Name of the Secrets. Plain, because the copier's rights end at it. */
    secretName: string;
    /** Docker client configuration. Secret. */
    dockerconfigjson: pulumi.Output<string>;
    /** ServiceAccounts that hand the secret to their pods, where they exist. */
    serviceAccounts: readonly string[];
    /** Namespaces that get nothing. */
    excludedNamespaces: readonly string[];
    /** Labels of the site's own for the Secrets. Default: none. */
    siteLabels?: Record<string, string> | undefined;
}

const port = 8080;
/** The program, as it is mounted. Its tests and the plugin run the same files. */
const programDirectory = join(import.meta.dirname, "..", "..", "plugin", "copier");

/**
 * A small program in the cluster that keeps the pull secret in every namespace, also in one that is made later. Its right to Secrets
 * ends at the pull secret's name, but for making one, which Kubernetes cannot bind to a name.
 */
export function createPullSecretCopier(
    name: string,
    args: CopierArgs,
    inNamespace: pulumi.CustomResourceOptions & { parent: pulumi.Resource },
): void {
    const { namespace, owner, secretName, serviceAccounts } = args;
    const { parent } = inNamespace;
    const objectName = `${args.objectName}-copier`;
    const clusterName = `${namespace}-${objectName}`;
    const copierLabels = labels(args.objectName, "copier", args.labels);
    const metadata = { name: objectName, namespace, labels: copierLabels.all };
    const unscoped = { name: clusterName, labels: copierLabels.all };

    // Everything of the copier depends on its trail: on the way out it is gone before the trail is swept.
    const trail = new CopiedPullSecrets(`${name}-copied`, { owner, secretName }, { parent });
    const trails = serviceAccounts.map(
        (serviceAccount) =>
            new CopiedPullSecrets(
                `${name}-copied-${serviceAccount}`,
                { owner, secretName, serviceAccount },
                { parent, dependsOn: [trail] },
            ),
    );
    const child = { ...inNamespace, dependsOn: [...dependenciesOf(inNamespace), trail, ...trails] };

    const account = new k8s.core.v1.ServiceAccount(
        `${name}-copier-account`,
        { metadata, automountServiceAccountToken: false },
        child,
    );
    const role = new k8s.rbac.v1.ClusterRole(
        `${name}-copier-role`,
        { metadata: unscoped, rules: rulesFor(secretName, serviceAccounts) },
        { parent, dependsOn: [trail, ...trails] },
    );
    const binding = new k8s.rbac.v1.ClusterRoleBinding(
        `${name}-copier-binding`,
        {
            metadata: unscoped,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
            subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
        },
        { parent, dependsOn: [trail, ...trails] },
    );
    const credential = new k8s.core.v1.Secret(
        `${name}-copier-credential`,
        {
            metadata,
            type: "kubernetes.io/dockerconfigjson",
            stringData: { ".dockerconfigjson": args.dockerconfigjson },
        },
        child,
    );
    // Its own alone: the rights of the ClusterRole are to another name.
    const reader = new k8s.rbac.v1.Role(
        `${name}-copier-reader`,
        {
            metadata,
            rules: [
                {
                    apiGroups: [""],
                    resources: ["secrets"],
                    resourceNames: [objectName],
                    verbs: ["get", "list", "watch"],
                },
            ],
        },
        child,
    );
    const reading = new k8s.rbac.v1.RoleBinding(
        `${name}-copier-reading`,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: reader.metadata.name },
            subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
        },
        child,
    );
    const files = program({
        credential: { namespace, name: objectName },
        ...{ secretName, owner, serviceAccounts, excludedNamespaces: args.excludedNamespaces },
        ...(args.siteLabels === undefined ? {} : { siteLabels: args.siteLabels }),
    });
    const content = new k8s.core.v1.ConfigMap(`${name}-copier-program`, { metadata, data: files }, child);
    new k8s.apps.v1.Deployment(
        `${name}-copier`,
        {
            metadata,
            spec: {
                replicas: 1,
                // Two with different settings would undo each other's work.
                strategy: { type: "Recreate" },
                selector: { matchLabels: copierLabels.selector },
                template: {
                    metadata: {
                        labels: copierLabels.all,
                        annotations: { "siteregistry.dev/program": shortHash(JSON.stringify(files)) },
                    },
                    spec: {
                        serviceAccountName: account.metadata.name,
                        automountServiceAccountToken: true,
                        enableServiceLinks: false,
                        securityContext: restrictedPod,
                        terminationGracePeriodSeconds: 10,
                        containers: [container(args.image)],
                        volumes: [{ name: "program", configMap: { name: content.metadata.name } }],
                    },
                },
            },
        },
        {
            ...child,
            dependsOn: [...child.dependsOn, binding, reading, credential],
            customTimeouts: { create: "3m", update: "3m" },
        },
    );
}

function container(image: pulumi.Input<string>): k8s.types.input.core.v1.Container {
    const probe = (path: string): k8s.types.input.core.v1.Probe => ({ httpGet: { path, port: "health" } });
    return {
        name: "copier",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["node"],
        args: ["/copier/main.ts", "/copier/settings.json", port.toString()],
        ports: [{ name: "health", containerPort: port, protocol: "TCP" }],
        readinessProbe: { ...probe("/ready"), periodSeconds: 2 },
        livenessProbe: { ...probe("/live"), initialDelaySeconds: 30, periodSeconds: 30, timeoutSeconds: 5 },
        terminationMessagePolicy: "FallbackToLogsOnError",
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        securityContext: restrictedContainer,
        volumeMounts: [{ name: "program", mountPath: "/copier", readOnly: true }],
    };
}

/** What the copier may do. A list or watch that selects one name needs a right to that name alone. */
function rulesFor(secretName: string, serviceAccounts: readonly string[]): k8s.types.input.rbac.v1.PolicyRule[] {
    const core = { apiGroups: [""] };
    return [
        { ...core, resources: ["namespaces"], verbs: ["list", "watch"] },
        { ...core, resources: ["secrets"], verbs: ["create"] },
        {
            ...core,
            resources: ["secrets"],
            resourceNames: [secretName],
            verbs: ["get", "list", "watch", "update", "delete"],
        },
        ...(serviceAccounts.length === 0
            ? []
            : [
                  {
                      ...core,
                      resources: ["serviceaccounts"],
                      resourceNames: [...serviceAccounts],
                      verbs: ["get", "list", "watch", "update"],
                  },
              ]),
    ];
}

/** The files of the ConfigMap: the program as it stands, and what it is told. */
function program(settings: Record<string, unknown>): Record<string, string> {
    const sources = readdirSync(programDirectory).filter((file) => /(?<!\.d)\.ts$/.test(file));
    return {
        ...Object.fromEntries(sources.sort().map((file) => [file, readFileSync(join(programDirectory, file), "utf8")])),
        // Says that the files beside it are modules, so that Node need not try.
        "package.json": JSON.stringify({ type: "module" }),
        "settings.json": JSON.stringify(settings),
    };
}

function dependenciesOf(opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
    return Array.isArray(opts.dependsOn) ? (opts.dependsOn as pulumi.Resource[]) : [];
}
