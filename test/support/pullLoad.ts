import { setTimeout } from "node:timers/promises";

import { dockerConfig } from "../../components/registry/dockerConfig.ts";
import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { forgetImage } from "./nodePulls.ts";
import { type Access, OutsideClient } from "./outsideClient.ts";

/** What the load is made of. */
export interface LoadOptions {
    /** Whose pulls and pushes they are. Must be allowed to push. */
    readonly access: Access;
    /** Name of the namespace that the pods are in, and of the folder on the outside machine. Made and removed by the load. */
    readonly name: string;
    /** Nodes that pull; all of the lab's by default. */
    readonly nodes?: readonly string[];
    /** Pods that pull on each node at once; 2 by default. */
    readonly pullers?: number;
    /** Size of the layer of each image that is pulled, in bytes; 4 MiB by default. */
    readonly pullBytes?: number;
    /** Whether images are pushed meanwhile; true by default. */
    readonly pushes?: boolean;
    /** Name of the Secret that the pods pull with, which somebody else puts into the namespace; one of the load's own by default. */
    readonly pullSecret?: string;
}

/** What happened while the load was on. */
export interface LoadReport {
    /** Pods that were to start, each from an image that its node did not have. */
    pulls: number;
    /** Pods that had not started within 120 s. */
    failed: number;
    /** Times that a kubelet said "Failed to pull image": each is an ErrImagePull. */
    errImagePullEvents: number;
    /** Times that a kubelet said that it waits before it pulls again. */
    backOffEvents: number;
    /** The longest time from a pod's creation to its start, in seconds. */
    slowestSeconds: number;
    /** Pushes, fast ones with skopeo and slow ones with curl. */
    pushes: number;
    failedPushes: number;
    /** What the failed ones said, shortened. */
    problems: string[];
}

/** A load that is on. */
export interface PullLoad {
    /** What happened until now. */
    readonly soFar: () => Readonly<LoadReport>;
    /** Has the outside machine believe other roots, PEM, as one does that is given a new client kit. */
    readonly trust: (caBundle: string) => Promise<void>;
    /** Ends it: waits for the pulls and pushes that have begun, counts events, and removes what the load made. */
    readonly stop: () => Promise<LoadReport>;
}

/** A pod that has not started after this time counts as a failed pull. */
const limitSeconds = 120;
/** Images that wait to be pulled. A node forgets an image once its pod has run, so that they can be pulled again. */
const pool = 24;
const ownSecret = "load";

/**
 * Has every node pull images through its kubelet and containerd all the time, by imagePullPolicy Always and from images that
 * the node does not have, and has the outside machine push: several layers with skopeo, and one slow upload after the other.
 * Returns once the first pulls have succeeded, so that what is counted begins with a registry that works.
 */
export async function startPullLoad(lab: Lab, options: LoadOptions): Promise<PullLoad> {
    const {
        access,
        name,
        nodes = lab.nodes,
        pullers = 2,
        pullBytes = 4 << 20,
        pushes = true,
        pullSecret = ownSecret,
    } = options;
    const outside = new OutsideClient(lab, name, access);
    const report: LoadReport = {
        ...{ pulls: 0, failed: 0, errImagePullEvents: 0, backOffEvents: 0, slowestSeconds: 0 },
        ...{ pushes: 0, failedPushes: 0, problems: [] },
    };
    let on = true;

    await outside.prepare();
    const images = Array.from({ length: pool }, (_, index) => `image-${index.toString()}`);
    await outside.receive("layout", [
        ...images.map((image) => ({ name: image, layers: 1, layerBytes: pullBytes })),
        { name: "push", layers: 4, layerBytes: 4 << 20 },
    ]);
    for (const image of images)
        await outside.must(outside.skopeo(`oci:layout:${image}`, `docker://${access.host}/${name}/pull:${image}`));
    await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(namespaceWithLogin(name, access)));

    /** One pod after the other on one node; every node has its own turn of the images. */
    const pull = async (node: string, puller: number): Promise<void> => {
        for (let turn = puller; on; turn += pullers) {
            const image = `${access.host}/${name}/pull:${images[turn % pool] ?? ""}`;
            await onePull(lab, { namespace: name, pod: `${node}-${turn.toString()}`, node, image, pullSecret }, report);
        }
    };
    const push = async (what: (turn: number) => string): Promise<void> => {
        for (let turn = 0; on; turn += 1) {
            const { code, stderr } = await outside.sh(what(turn));
            report.pushes += 1;
            if (code === 0) continue;
            report.failedPushes += 1;
            report.problems.push(`push: ${stderr.trim().slice(-300)}`);
            await setTimeout(1000);
        }
    };
    const pushing = [
        push((turn) => outside.skopeo("oci:layout:push", `docker://${access.host}/${name}/push-${turn.toString()}:1`)),
        push((turn) => slowUpload(outside, `${name}/slow-${turn.toString()}`)),
    ];
    const running = Promise.all([
        ...nodes.flatMap((node) => Array.from({ length: pullers }, (_, puller) => pull(node, puller))),
        ...(pushes ? pushing : []),
    ]);
    // Not before: a load that has pulled nothing yet would make every count look good.
    while (report.pulls < nodes.length * pullers) await Promise.race([setTimeout(200), running]);

    return {
        soFar: () => report,
        trust: (caBundle) => outside.trust(caBundle),
        stop: async () => {
            on = false;
            await running;
            const { failed, backOff, messages } = await pullEvents(lab, name);
            Object.assign(report, { errImagePullEvents: failed, backOffEvents: backOff });
            report.problems.push(...messages);
            await lab.kubectl(["delete", "namespace", name, "--ignore-not-found"]);
            await outside.remove();
            return report;
        },
    };
}

/** One line for a test's output. */
export function describeLoad(report: LoadReport): string {
    const { pulls, failed, errImagePullEvents, backOffEvents, slowestSeconds, pushes, failedPushes } = report;
    const counts = `${failed.toString()} of ${pulls.toString()} pulls failed, ${errImagePullEvents.toString()} ErrImagePull events`;
    const waits = `${backOffEvents.toString()} back-offs, slowest ${slowestSeconds.toFixed(1)} s`;
    return `${counts} (${waits}); ${failedPushes.toString()} of ${pushes.toString()} pushes failed`;
}

interface Pull {
    namespace: string;
    pod: string;
    node: string;
    image: string;
    pullSecret: string;
}

async function onePull(lab: Lab, { namespace, pod, node, image, pullSecret }: Pull, report: LoadReport): Promise<void> {
    const manifest = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: pod, namespace },
        spec: {
            // By selector, not by name: a node that is away gets its pod when it is back, and the pod is not lost.
            nodeSelector: { "kubernetes.io/hostname": node },
            tolerations: [{ operator: "Exists" }],
            terminationGracePeriodSeconds: 0,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            imagePullSecrets: [{ name: pullSecret }],
            containers: [{ name: "main", image, imagePullPolicy: "Always" }],
        },
    };
    const made = await lab.kubectl(["create", "-f", "-"], { input: JSON.stringify(manifest) });
    if (made.code !== 0) {
        report.problems.push(`pod: ${made.stderr.trim().slice(-300)}`);
        await setTimeout(1000);
        return;
    }
    const begun = performance.now();
    const started = await lab.kubectl([
        ...["wait", `pod/${pod}`, "--namespace", namespace, `--timeout=${limitSeconds.toString()}s`],
        "--for=jsonpath={.status.containerStatuses[0].started}=true",
    ]);
    report.pulls += 1;
    if (started.code === 0) {
        report.slowestSeconds = Math.max(report.slowestSeconds, (performance.now() - begun) / 1000);
    } else {
        report.failed += 1;
        report.problems.push(`pull on ${node}: ${started.stderr.trim().slice(-300)}`);
    }
    await lab.kubectl(["delete", "pod", pod, "--namespace", namespace, "--now", "--wait=true", "--timeout=60s"]);
    // A machine that is down forgets nothing, and needs not: it is asked again at the image's next turn.
    await forgetImage(lab, node, image).catch(() => undefined);
}

async function pullEvents(
    lab: Lab,
    namespace: string,
): Promise<{ failed: number; backOff: number; messages: string[] }> {
    const listed = await mustKubectl(lab, ["get", "events", "--namespace", namespace, "--output", "json"]);
    const { items } = JSON.parse(listed) as {
        items: {
            reason: string;
            message: string;
            count?: number;
            series?: { count: number };
            involvedObject: { name: string };
        }[];
    };
    const found = (reason: string, message: string) =>
        items.filter((event) => event.reason === reason && event.message.startsWith(message));
    const times = (events: typeof items): number =>
        events.reduce((sum, { count, series }) => sum + (series?.count ?? count ?? 1), 0);
    const failed = found("Failed", "Failed to pull image");
    return {
        failed: times(failed),
        backOff: times(found("BackOff", "Back-off pulling image")),
        messages: failed.map(({ involvedObject, message }) => `${involvedObject.name}: ${message.slice(-300)}`),
    };
}

/** An upload of 4 MiB that takes eight seconds, as from a site at the end of a thin line. */
function slowUpload(outside: OutsideClient, repository: string): string {
    const location = "tr -d '\\r' | sed -n 's/^[Ll]ocation: //p'";
    const relative = "sed 's#^https://[^/]*##'";
    const begin = outside.curl("--request POST --dump-header - --output /dev/null", `/v2/${repository}/blobs/uploads/`);
    const send = "--request PATCH --header 'Content-Type: application/octet-stream' --limit-rate 512k --dump-header -";
    return [
        `dd if=/dev/urandom of=slow bs=1M count=4 2>/dev/null`,
        `digest=$(sha256sum slow | cut -d' ' -f1)`,
        `at=$(${begin} | ${location} | ${relative})`,
        `test -n "$at"`,
        `at=$(${outside.curl(`${send} --output /dev/null --upload-file slow`, '"$at"')} | ${location} | ${relative})`,
        `test -n "$at"`,
        outside.curl("--request PUT --output /dev/null", '"$at&digest=sha256:$digest"'),
    ].join("; ");
}

function namespaceWithLogin(name: string, { host, user, password }: Access): object {
    const metadata = { name: ownSecret, namespace: name };
    const login = { ".dockerconfigjson": dockerConfig([{ host, user, password }]) };
    return {
        apiVersion: "v1",
        kind: "List",
        items: [
            { apiVersion: "v1", kind: "Namespace", metadata: { name } },
            { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/dockerconfigjson", stringData: login },
        ],
    };
}
