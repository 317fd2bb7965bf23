import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { shortHash } from "./kubernetes/checksum.ts";
import { doNotAwait } from "./kubernetes/awaiting.ts";
import { labels } from "./kubernetes/labels.ts";
import { restrictedContainer, restrictedPod } from "./kubernetes/podSecurity.ts";
import { checkFiles, curlLogin } from "./proof/checks.ts";
import { imageLayout, indexDigest } from "./proof/imageLayout.ts";
import { createPushJob } from "./proof/pushJob.ts";
import { architectures } from "./proof/waitingProgram.ts";
import { NamespaceRemoval } from "../plugin/sdk/namespaceRemoval.ts";
import { PullReceipts } from "../plugin/sdk/pullReceipts.ts";
import { dockerConfig } from "./registry/dockerConfig.ts";
import type { Role } from "./registry/logins.ts";

/** A login that the proof tries. */
export interface ProvenLoginArgs {
    /** Login name. Plain, because each is a file of its own. */
    name: string;
    /** What it may do: the proof tries that too. */
    role: Role;
    /** Password. Kept secret whether it comes as one or not. */
    password: pulumi.Input<string>;
}

/** Arguments of {@link PullProof}. */
export interface PullProofArgs {
    /** Namespace for the proof, made by the component. */
    namespace: string;
    /** Image that holds skopeo. */
    image: pulumi.Input<string>;
    /** Image that holds a shell and curl 7.88 or newer. */
    checkImage: pulumi.Input<string>;
    /** Registry as image references name it, `host` or `host:port`: every node pulls by each of them. */
    hosts: readonly string[];
    /** Registry as pods reach it: `host:port`. */
    serviceHost: pulumi.Input<string>;
    /** Roots to believe there, PEM. */
    caBundle: pulumi.Input<string>;
    /** The certificate that the registry shall serve, PEM. */
    certificate: pulumi.Input<string>;
    /** Every login. The first that may push does. */
    logins: readonly ProvenLoginArgs[];
    /** Name of the login that nodes pull with. */
    pullLogin: string;
    /** Pods of the registry: as many must have been met before a check counts. */
    replicas: number;
    /** Whatever else is proven: when it changes, so does the image, and the proof runs again. Not secret. */
    subjects: readonly pulumi.Input<string>[];
    /** Labels of the site's own. They are in no selector. Default: none. */
    labels?: Record<string, string> | undefined;
}

/** Nodes that the proof's image has a program for. */
const onProvenArchitectures = {
    nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
                {
                    matchExpressions: [
                        { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
                        { key: "kubernetes.io/arch", operator: "In", values: [...architectures] },
                    ],
                },
            ],
        },
    },
};

/** How long the registry's pods may take to have a changed certificate or list of users, in seconds: the kubelet's sync period and some more. */
const patience = 240;

/** How long every node may take to pull and start the proof's image, in seconds: a kubelet tries again after 10, 20, 40, 80 and 160. */
const pullSeconds = 300;

/** Repository that the proof's image goes to. */
const repository = "siteregistry/proof";

/**
 * Proof that the registry works: a Job tries every name, the certificate, every login and its role, pushes an image
 * that has never been anywhere and finds it in the catalog; every node pulls and starts it through its own kubelet and containerd with a pull secret.
 * The pods stay (they wait, and use nothing), so that a node which joins later is proven as well.
 */
export class PullProof extends pulumi.ComponentResource {
    /** The image that every node has pulled once this component is done, by each of the registry's hosts. */
    declare readonly images: pulumi.Output<string[]>;

    constructor(name: string, args: PullProofArgs, opts?: pulumi.ComponentResourceOptions) {
        const logins = args.logins.map((login) => ({ ...login, password: pulumi.secret(login.password) }));
        super("siteregistry:index:PullProof", name, { ...args, logins }, opts);
        const pusher = logins.find((login) => login.role === "push");
        const puller = logins.find((login) => login.name === args.pullLogin);
        if (pusher === undefined || puller === undefined)
            throw new pulumi.ResourceError("logins: one must push, and pullLogin must be one of them", this, true);
        const objectName = args.namespace;
        const pushLabels = labels(objectName, "push", args.labels);
        const pullLabels = labels(objectName, "pull", args.labels);
        const inNamespace = { namespace: args.namespace, labels: pushLabels.all };

        const removal = new NamespaceRemoval(
            `${name}-namespace-removal`,
            { namespace: args.namespace },
            { parent: this },
        );
        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: args.namespace,
                    annotations: doNotAwait,
                    labels: { ...pushLabels.all, "pod-security.kubernetes.io/enforce": "restricted" },
                },
            },
            { parent: this, dependsOn: [removal] },
        );
        const child = { parent: this, dependsOn: [namespace] };

        const checks = checkFiles({ hosts: args.hosts, logins: args.logins });
        const subject = pulumi
            .all([args.serviceHost, args.caBundle, args.image, args.checkImage, args.certificate, ...args.subjects])
            .apply((all) => shortHash(JSON.stringify([checks, puller.name, all])));
        const layout = subject.apply(imageLayout);
        const digest = layout.apply(indexDigest);
        const images = args.hosts.map((host) => pulumi.interpolate`${host}/${repository}:${subject}@${digest}`);

        const loginSecret = (suffix: string, login: typeof puller, hosts: pulumi.Input<string[]>) =>
            new k8s.core.v1.Secret(
                `${name}-${suffix}`,
                {
                    metadata: { ...inNamespace, name: `${objectName}-${suffix}` },
                    type: "kubernetes.io/dockerconfigjson",
                    stringData: {
                        ".dockerconfigjson": pulumi
                            .all([login.password, hosts])
                            .apply(([password, all]) =>
                                dockerConfig(all.map((host) => ({ host, user: login.name, password }))),
                            ),
                    },
                },
                child,
            );
        const pushSecret = loginSecret("login", pusher, pulumi.all([args.serviceHost]));
        const pullSecret = loginSecret("pull-login", puller, [...args.hosts]);
        const checkSecret = new k8s.core.v1.Secret(
            `${name}-logins`,
            {
                metadata: { ...inNamespace, name: `${objectName}-logins` },
                type: "Opaque",
                stringData: Object.fromEntries(
                    logins.map((login) => [
                        login.name,
                        login.password.apply((password) => curlLogin(login.name, password)),
                    ]),
                ),
            },
            child,
        );
        const content = new k8s.core.v1.ConfigMap(
            `${name}-content`,
            {
                metadata: { ...inNamespace, name: pulumi.interpolate`${objectName}-${subject}` },
                immutable: true,
                data: { ...checks, "ca.crt": args.caBundle, "server.crt": args.certificate },
                binaryData: layout.apply((files) =>
                    Object.fromEntries(Object.entries(files).map(([path, bytes]) => [keyOf(path), bytes])),
                ),
            },
            child,
        );
        const push = createPushJob(
            name,
            {
                metadata: { ...inNamespace, name: pulumi.interpolate`${objectName}-${subject}` },
                labels: pushLabels.all,
                image: args.image,
                checkImage: args.checkImage,
                content: content.metadata.name,
                layout: layout.apply(itemsOf),
                checks: [...Object.keys(checks), "ca.crt", "server.crt"],
                environment: {
                    SERVICE: args.serviceHost,
                    REPOSITORY: repository,
                    TAG: subject,
                    DIGEST: digest,
                    READER: puller.name,
                    ROUNDS: (args.replicas === 1 ? 1 : 4 * args.replicas).toString(),
                    PATIENCE: patience.toString(),
                },
                login: pushSecret.metadata.name,
                logins: checkSecret.metadata.name,
                destination: pulumi.interpolate`${args.serviceHost}/${repository}:${subject}`,
            },
            child,
        );
        const pull = new k8s.apps.v1.DaemonSet(
            `${name}-pull`,
            {
                metadata: {
                    name: objectName,
                    namespace: args.namespace,
                    labels: pullLabels.all,
                    // The receipts wait instead: they pass over a node that is not Ready, and say why one cannot pull.
                    annotations: doNotAwait,
                },
                spec: {
                    selector: { matchLabels: pullLabels.selector },
                    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
                    template: {
                        metadata: { labels: pullLabels.all },
                        spec: {
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            tolerations: [{ operator: "Exists" }],
                            affinity: onProvenArchitectures,
                            securityContext: restrictedPod,
                            imagePullSecrets: [{ name: pullSecret.metadata.name }],
                            terminationGracePeriodSeconds: 1, // it hears no signal
                            containers: images.map((image, index) => ({
                                name: index === 0 ? "proof" : `proof-${(index + 1).toString()}`,
                                image,
                                imagePullPolicy: "Always", // a pull is what shall happen
                                resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "32Mi" } },
                                securityContext: restrictedContainer,
                            })),
                        },
                    },
                },
            },
            { parent: this, dependsOn: [push] },
        );
        const receipts = new PullReceipts(
            `${name}-receipts`,
            { namespace: args.namespace, daemonSet: objectName, images, timeoutSeconds: pullSeconds },
            { parent: this, dependsOn: [pull] },
        );
        this.images = pulumi.all([...images, receipts.id]).apply((all) => all.slice(0, images.length));
        this.registerOutputs({ images: this.images });
    }
}

/** Keys of a ConfigMap may hold no slash. */
function keyOf(path: string): string {
    return path.replaceAll("/", ".");
}

function itemsOf(layout: Record<string, string>): { key: string; path: string }[] {
    return Object.keys(layout).map((path) => ({ key: keyOf(path), path }));
}
