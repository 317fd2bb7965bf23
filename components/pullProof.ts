import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { shortHash } from "./kubernetes/checksum.ts";
import { labels } from "./kubernetes/labels.ts";
import { restrictedContainer, restrictedPod } from "./kubernetes/podSecurity.ts";
import { architectures } from "./proof/waitingProgram.ts";
import { imageLayout, imageName } from "./proof/imageLayout.ts";
import { dockerConfig } from "./registry/dockerConfig.ts";

/** Arguments of {@link PullProof}. */
export interface PullProofArgs {
    /** Namespace for the proof, made by the component. */
    namespace: string;
    /** Image that holds skopeo. */
    image: pulumi.Input<string>;
    /** Registry as image references name it. */
    host: pulumi.Input<string>;
    /** Registry as pods reach it: `host:port`. */
    serviceHost: pulumi.Input<string>;
    /** Roots to believe at `serviceHost`, PEM. */
    caBundle: pulumi.Input<string>;
    /** Login name of a user who may push and pull. */
    user: pulumi.Input<string>;
    /** That user's password. Kept secret whether it comes as one or not. */
    password: pulumi.Input<string>;
    /** Whatever else is proven: when it changes, so does the image, and the proof runs again. Not secret. */
    subjects: readonly pulumi.Input<string>[];
}

/** A Job that has failed stays failed: the next update makes it anew instead of waiting for it again. */
const replaceUnready = { "pulumi.com/replaceUnready": "true" } as const;

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

/** Repository that the proof's image goes to. */
const repository = "siteregistry/proof";

/**
 * Proof that the registry works: a Job logs in and pushes an image that has never been anywhere,
 * and every node pulls and starts it through its own kubelet and containerd with a pull secret.
 * The pods stay (they wait, and use nothing), so that a node which joins later is proven as well.
 */
export class PullProof extends pulumi.ComponentResource {
    /** The image that every node has pulled once this component is done. */
    declare readonly image: pulumi.Output<string>;

    constructor(name: string, args: PullProofArgs, opts?: pulumi.ComponentResourceOptions) {
        const password = pulumi.secret(args.password);
        super("siteregistry:index:PullProof", name, { ...args, password }, opts);
        const objectName = args.namespace;
        const pushLabels = labels(objectName, "push");
        const pullLabels = labels(objectName, "pull");
        const inNamespace = { namespace: args.namespace, labels: pushLabels.all };

        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: args.namespace,
                    labels: { ...pushLabels.all, "pod-security.kubernetes.io/enforce": "restricted" },
                },
            },
            { parent: this },
        );
        const child = { parent: this, dependsOn: [namespace] };

        const login = pulumi
            .all([args.host, args.serviceHost, args.user, password])
            .apply(([host, serviceHost, user, text]) =>
                dockerConfig([host, serviceHost].map((one) => ({ host: one, user, password: text }))),
            );
        const subject = pulumi
            .all([args.host, args.serviceHost, args.caBundle, args.image, ...args.subjects])
            .apply((all) => shortHash(JSON.stringify(all)));
        this.image = pulumi.interpolate`${args.host}/${repository}:${subject}`;

        const secret = new k8s.core.v1.Secret(
            `${name}-login`,
            {
                metadata: { ...inNamespace, name: `${objectName}-login` },
                type: "kubernetes.io/dockerconfigjson",
                stringData: { ".dockerconfigjson": login },
            },
            child,
        );
        const layout = subject.apply(imageLayout);
        const content = new k8s.core.v1.ConfigMap(
            `${name}-content`,
            {
                metadata: { ...inNamespace, name: pulumi.interpolate`${objectName}-${subject}` },
                immutable: true,
                data: { "ca.crt": args.caBundle },
                binaryData: layout.apply((files) =>
                    Object.fromEntries(Object.entries(files).map(([path, bytes]) => [keyOf(path), bytes])),
                ),
            },
            child,
        );
        const push = new k8s.batch.v1.Job(
            `${name}-push`,
            {
                metadata: {
                    ...inNamespace,
                    name: pulumi.interpolate`${objectName}-${subject}`,
                    annotations: replaceUnready,
                },
                spec: {
                    backoffLimit: 4,
                    activeDeadlineSeconds: 240,
                    template: {
                        metadata: { labels: pushLabels.all },
                        spec: {
                            restartPolicy: "Never",
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            securityContext: restrictedPod,
                            containers: [pushContainer(args, subject)],
                            volumes: [
                                {
                                    name: "image",
                                    configMap: { name: content.metadata.name, items: layout.apply(itemsOf) },
                                },
                                {
                                    name: "trust",
                                    configMap: {
                                        name: content.metadata.name,
                                        items: [{ key: "ca.crt", path: "ca.crt" }],
                                    },
                                },
                                {
                                    name: "login",
                                    secret: {
                                        secretName: secret.metadata.name,
                                        items: [{ key: ".dockerconfigjson", path: "config.json" }],
                                    },
                                },
                                { name: "work", emptyDir: {} },
                            ],
                        },
                    },
                },
            },
            { ...child, customTimeouts: { create: "5m" } },
        );
        new k8s.apps.v1.DaemonSet(
            `${name}-pull`,
            {
                metadata: { name: objectName, namespace: args.namespace, labels: pullLabels.all },
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
                            imagePullSecrets: [{ name: secret.metadata.name }],
                            terminationGracePeriodSeconds: 1, // it hears no signal
                            containers: [
                                {
                                    name: "proof",
                                    image: this.image,
                                    imagePullPolicy: "Always", // a pull is what shall happen
                                    resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "32Mi" } },
                                    securityContext: restrictedContainer,
                                },
                            ],
                        },
                    },
                },
            },
            { parent: this, dependsOn: [push], customTimeouts: { create: "5m", update: "5m" } },
        );
        this.registerOutputs({ image: this.image });
    }
}

function pushContainer(args: PullProofArgs, tag: pulumi.Output<string>): k8s.types.input.core.v1.Container {
    return {
        name: "push",
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        command: ["skopeo"],
        args: [
            "--tmpdir=/work",
            "copy",
            "--all",
            "--retry-times=3",
            "--dest-cert-dir=/trust",
            "--dest-authfile=/login/config.json",
            `oci:/image:${imageName}`,
            pulumi.interpolate`docker://${args.serviceHost}/${repository}:${tag}`,
        ],
        env: [{ name: "HOME", value: "/work" }],
        terminationMessagePolicy: "FallbackToLogsOnError",
        resources: { requests: { cpu: "10m", memory: "32Mi" } },
        securityContext: restrictedContainer,
        volumeMounts: [
            { name: "image", mountPath: "/image", readOnly: true },
            { name: "trust", mountPath: "/trust", readOnly: true },
            { name: "login", mountPath: "/login", readOnly: true },
            { name: "work", mountPath: "/work" },
        ],
    };
}

/** Keys of a ConfigMap may hold no slash. */
function keyOf(path: string): string {
    return path.replaceAll("/", ".");
}

function itemsOf(layout: Record<string, string>): { key: string; path: string }[] {
    return Object.keys(layout).map((path) => ({ key: keyOf(path), path }));
}
