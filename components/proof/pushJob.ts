import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { restrictedContainer, restrictedPod } from "../kubernetes/podSecurity.ts";
import { imageName } from "./imageLayout.ts";

/** What the Job pushes, and with what. */
export interface PushJobArgs {
    metadata: k8s.types.input.meta.v1.ObjectMeta;
    labels: Record<string, string>;
    /** Image that holds skopeo. */
    image: pulumi.Input<string>;
    /** Image that holds a shell and curl 7.88 or newer. */
    checkImage: pulumi.Input<string>;
    /** Name of the ConfigMap with the image's layout, the CA and the checks. */
    content: pulumi.Input<string>;
    /** Which keys of it are the layout, and where they belong. */
    layout: pulumi.Output<{ key: string; path: string }[]>;
    /** Which keys of it the checks read. */
    checks: readonly string[];
    /** What the checks find in their environment. */
    environment: Record<string, pulumi.Input<string>>;
    /** Name of the Secret with the docker configuration of who pushes. */
    login: pulumi.Input<string>;
    /** Name of the Secret with curl's configuration of each login. */
    logins: pulumi.Input<string>;
    /** `host:port/repository:tag` to push to. */
    destination: pulumi.Input<string>;
}

/** A Job that has failed stays failed: the next update makes it anew instead of waiting for it again. */
const replaceUnready = { "pulumi.com/replaceUnready": "true" } as const;

/** Seconds until the Job is given up: the patience of the checks, and a push. */
const deadline = 420;

/** Waits until the registry is as it should be, pushes, and looks at what is there then: one container after another. */
export function createPushJob(name: string, args: PushJobArgs, opts: pulumi.CustomResourceOptions): k8s.batch.v1.Job {
    const volumes = [
        { name: "image", configMap: { name: args.content, items: args.layout } },
        {
            name: "proof",
            configMap: { name: args.content, items: args.checks.map((key) => ({ key, path: key })) },
        },
        {
            name: "login",
            secret: { secretName: args.login, items: [{ key: ".dockerconfigjson", path: "config.json" }] },
        },
        { name: "logins", secret: { secretName: args.logins } },
        { name: "work", emptyDir: {} },
    ];
    const common = {
        imagePullPolicy: "IfNotPresent",
        env: [{ name: "HOME", value: "/work" }],
        terminationMessagePolicy: "FallbackToLogsOnError",
        resources: { requests: { cpu: "10m", memory: "32Mi" } },
        securityContext: restrictedContainer,
    };
    const mounts = (...names: string[]) => [
        ...names.map((one) => ({ name: one, mountPath: `/${one}`, readOnly: true })),
        { name: "work", mountPath: "/work" },
    ];
    const check = (script: string) => ({
        ...common,
        image: args.checkImage,
        command: ["sh", `/proof/${script}.sh`],
        env: [...common.env, ...Object.entries(args.environment).map(([key, value]) => ({ name: key, value }))],
        volumeMounts: mounts("proof", "logins"),
    });
    const push = {
        ...common,
        image: args.image,
        command: ["skopeo"],
        args: [
            "--tmpdir=/work",
            "copy",
            "--all",
            "--preserve-digests", // nodes pull by the digest that is known here
            "--retry-times=3",
            "--dest-cert-dir=/proof",
            "--dest-authfile=/login/config.json",
            `oci:/image:${imageName}`,
            pulumi.interpolate`docker://${args.destination}`,
        ],
        volumeMounts: mounts("image", "proof", "login"),
    };
    return new k8s.batch.v1.Job(
        `${name}-push`,
        {
            metadata: { ...args.metadata, annotations: replaceUnready },
            spec: {
                // It waits by itself; only a node that goes down under it is a reason to try again.
                backoffLimit: 0,
                podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] },
                activeDeadlineSeconds: deadline,
                template: {
                    metadata: { labels: args.labels },
                    spec: {
                        restartPolicy: "Never",
                        automountServiceAccountToken: false,
                        enableServiceLinks: false,
                        securityContext: restrictedPod,
                        initContainers: [
                            { ...check("settle"), name: "settle" },
                            { ...push, name: "push" },
                        ],
                        containers: [{ ...check("verify"), name: "verify" }],
                        volumes,
                    },
                },
            },
        },
        { ...opts, customTimeouts: { create: "8m" } },
    );
}
