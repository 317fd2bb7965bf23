import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** The annotation of the pods' template that says that the round over the nodes has begun. */
export const turnAnnotation = "siteregistry/turn";

/** Arguments of {@link systemStorePod}. */
export interface SystemStorePodArgs {
    /** Name of the trust, and of its ledger on the nodes. */
    owner: string;
    image: pulumi.Input<string>;
    /** Image whose own program is run to stay. Undefined: a shell of `image` sleeps. */
    pauseImage?: pulumi.Input<string> | undefined;
    /** Labels that a node must carry. */
    selector: Readonly<Record<string, string>>;
    runtimeService: string;
    /** Identifies the content. A change of it is what starts a round. */
    bundle: pulumi.Input<string>;
    /** Block for `/etc/hosts`, empty for none. */
    hosts: pulumi.Input<string>;
    /** ConfigMap with the roots. Undefined: the script gets none. */
    certificatesName: string | undefined;
    scriptName: string;
}

/** A privileged container that does the work on the node and ends, and one without any rights that stays. */
export function systemStorePod(args: SystemStorePodArgs): k8s.types.input.core.v1.PodSpec {
    const scripts = { name: "script", mountPath: "/setup", readOnly: true };
    const command = (verb: string): string[] => ["sh", `${scripts.mountPath}/run.sh`, verb];
    const stays =
        args.pauseImage === undefined
            ? { image: args.image, command: command("rest"), volumeMounts: [scripts] }
            : { image: args.pauseImage };
    return {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        priorityClassName: "system-node-critical",
        tolerations: [{ operator: "Exists" }],
        nodeSelector: { ...args.selector, "kubernetes.io/os": "linux" },
        hostPID: true, // the first process of the node lends its mount namespace
        initContainers: [
            {
                name: "apply",
                image: args.image,
                imagePullPolicy: "IfNotPresent",
                command: command("apply"),
                env: [
                    { name: "OWNER", value: args.owner },
                    { name: "BUNDLE_ID", value: args.bundle },
                    { name: "SERVICE", value: args.runtimeService },
                    { name: "HOSTS_BLOCK", value: args.hosts },
                    ...(args.certificatesName === undefined ? [] : [rootsOf(args.certificatesName)]),
                    {
                        name: "TURN",
                        valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${turnAnnotation}']` } },
                    },
                ],
                securityContext: { privileged: true, runAsUser: 0 },
                volumeMounts: [scripts],
            },
        ],
        containers: [
            {
                name: "wait",
                imagePullPolicy: "IfNotPresent",
                ...stays,
                resources: { requests: { cpu: "1m", memory: "4Mi" }, limits: { memory: "16Mi" } },
                securityContext: {
                    runAsNonRoot: true,
                    runAsUser: 65535,
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"] },
                    readOnlyRootFilesystem: true,
                    seccompProfile: { type: "RuntimeDefault" },
                },
            },
        ],
        volumes: [{ name: "script", configMap: { name: args.scriptName } }],
    };
}

function rootsOf(name: string): k8s.types.input.core.v1.EnvVar {
    return { name: "TRUSTED_CERT", valueFrom: { configMapKeyRef: { name, key: "ca.crt" } } };
}
