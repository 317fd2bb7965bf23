import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { KubeObject } from "../copier/apiServer.ts";
import type { ImportTools } from "./imageNode.ts";

/** What an importer does on its node. */
export type ImportAction = "look" | "import" | "unpin";

/** An image as an importer is told of it. */
export interface WantedImage {
    readonly digest: string;
    readonly names: readonly string[];
}

/** An archive that lies in pieces in the cluster. */
export interface SentArchive {
    /** SHA-256 of the whole, hexadecimal digits. */
    readonly sha256: string;
    /** Its pieces in their order: the ConfigMap's name, and SHA-256 in hexadecimal digits. */
    readonly pieces: readonly { readonly configMap: string; readonly sha256: string }[];
}

/** Work on one node. */
export interface ImportTask {
    readonly namespace: string;
    readonly node: string;
    readonly owner: string;
    readonly action: ImportAction;
    readonly images: readonly WantedImage[];
    readonly tools: ImportTools;
    /** For `import`. */
    readonly archive?: SentArchive | undefined;
}

/** An image to start from, and when the kubelet may pull it. */
export interface StartImage {
    readonly image: string;
    readonly pullPolicy: "Never" | "IfNotPresent";
}

/** Key of a ConfigMap under which a piece lies. */
export const pieceKey = "piece";
const script = join(import.meta.dirname, "importer.sh");
const chunksFolder = "/siteregistry/pieces";

/**
 * A pod that runs the importer with the node's own shell and ctr: whatever its image holds, or does not hold, is not used. It is as
 * good as root on its node, by containerd's socket; it needs no capability and no token for it, and no other file of the node.
 */
export function importerPod(task: ImportTask, { image, pullPolicy }: StartImage): KubeObject {
    const { namespace, node, owner, action, images, tools, archive } = task;
    const args = images.map(({ digest, names }) => [digest, ...names].join("|"));
    const folders = tools.folders.map((path, index) => ({ path, name: `folder-${index.toString()}` }));
    const environment = {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        REPORT: "/dev/termination-log",
        CTR: tools.ctr.join(" "),
        SOCKET: tools.socket,
        OWNER: owner,
        ...(archive === undefined
            ? {}
            : { CHUNKS: chunksFolder, ARCHIVE: archive.sha256, SUMS: archive.pieces.map(sumLine).join("\n") }),
    };
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
            name: podName(action, node),
            namespace,
            labels: { "app.kubernetes.io/component": "image-importer" },
        },
        spec: {
            // Not by the scheduler: the node is known, and its taints do not matter.
            nodeName: node,
            tolerations: [{ operator: "Exists" }],
            restartPolicy: "Never",
            terminationGracePeriodSeconds: 5,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
                runAsUser: 0,
                runAsGroup: 0,
                seccompProfile: { type: "RuntimeDefault" },
                // Where SELinux is on, an ordinary container may not speak to the runtime.
                seLinuxOptions: { type: "spc_t" },
            },
            containers: [
                {
                    name: "importer",
                    image,
                    imagePullPolicy: pullPolicy,
                    command: ["/bin/sh", "-c", readFileSync(script, "utf8"), "importer", action, ...args],
                    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
                    workingDir: "/",
                    securityContext: {
                        allowPrivilegeEscalation: false,
                        capabilities: { drop: ["ALL"] },
                        readOnlyRootFilesystem: true,
                    },
                    volumeMounts: [
                        ...folders.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
                        { name: "socket", mountPath: tools.socket },
                        ...(archive === undefined ? [] : [{ name: "pieces", mountPath: chunksFolder, readOnly: true }]),
                    ],
                },
            ],
            volumes: [
                ...folders.map(({ name, path }) => ({ name, hostPath: { path, type: "Directory" } })),
                { name: "socket", hostPath: { path: tools.socket, type: "Socket" } },
                ...(archive === undefined ? [] : [{ name: "pieces", projected: { sources: sourcesOf(archive) } }]),
            ],
        },
    };
}

/** A pod's name that tells its node, however long that is. */
export function podName(action: ImportAction, node: string): string {
    const hash = createHash("sha256").update(node).digest("hex").slice(0, 8);
    const readable = node.slice(0, 40).replace(/[^a-z0-9]+$/, "");
    return `${action}-${readable}-${hash}`;
}

function sourcesOf({ pieces }: SentArchive): object[] {
    return pieces.map(({ configMap }, index) => ({
        configMap: { name: configMap, items: [{ key: pieceKey, path: fileName(index) }] },
    }));
}

function sumLine({ sha256 }: { sha256: string }, index: number): string {
    return `${sha256}  ${fileName(index)}`;
}

/** So that a shell's order of names is the order of the pieces. */
function fileName(index: number): string {
    return index.toString().padStart(5, "0");
}
