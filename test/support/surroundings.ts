import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";

import { pauseImageName } from "../../lab/images/pause.ts";
import type { Lab } from "../../lab/lab.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { QuayCluster } from "../quay/cluster.ts";
import { bucket } from "../quay/site.ts";
import { makeCertificate } from "./certificateMaker.ts";
import { copyTools, onPath } from "./copyTools.ts";
import { FirstBundle } from "./firstBundle.ts";
import { HarborSite } from "./harborSite.ts";
import { registryBinary } from "./realRegistry.ts";
import type { Section } from "./scratchSite.ts";

/** What a section of recorded settings needs around it. */
export interface Surrounding {
    /** What the section says in place of what was recorded: what only this machine knows. */
    readonly section?: Section;
    /** Secret settings, by path. */
    readonly secrets?: Readonly<Record<string, string>>;
    /** Path of the kubeconfig of a cluster that is not the lab's. */
    readonly kubeconfig?: string;
    /** Whether today's program makes again what a recorded state tells of. Otherwise it is objects on the lab, which need no program. */
    readonly remade: boolean;
    readonly stop: () => Promise<void>;
}

/** What each section needs, by its name. `folder` is for files. */
export const surroundings: Readonly<
    Record<string, (section: Section, lab: Lab, folder: string) => Promise<Surrounding>>
> = { harbor, images, okd, quay, host };

/** A stand-in for the Harbor, with an image at its first endpoint. */
async function harbor(section: Section): Promise<Surrounding> {
    const site = await HarborSite.start();
    const [endpoint] = section.endpoints as { url: string }[];
    if (endpoint !== undefined) site.registry(endpoint.url, ["team/app:1.0"]);
    return {
        section: { ...section, url: site.harbor.url },
        secrets: { "harborCredentials.admin": "Harbor12345" },
        remade: true,
        stop: () => site.stop(),
    };
}

/** A bundle of the listed images, all of which are the lab's smallest, and what copies them. */
async function images(section: Section, lab: Lab, folder: string): Promise<Surrounding> {
    const list = section.list as { image: string }[];
    const bundle = new FirstBundle(lab, Object.fromEntries(list.map(({ image }) => [image, pauseImageName])));
    const source = { kind: "bundle", ...(await bundle.make()) };
    const restorePath = onPath(await copyTools(join(folder, "bin")));
    return {
        section: { ...section, source },
        remade: false,
        stop: async () => {
            restorePath();
            await bundle.clear();
        },
    };
}

/** An OKD cluster, played, and certificates for the routes. */
async function okd(section: Section): Promise<Surrounding> {
    const cluster = await OkdCluster.start();
    const streams = section.streams as { tags?: { from: string }[] }[];
    for (const { from } of streams.flatMap(({ tags = [] }) => tags)) cluster.images.upstream.set(from, "sha256:aaaa");
    const authority = makeCertificate({ name: "site ca", ca: true });
    const routes = section.routes as { name: string; host: string }[];
    const secrets = routes.flatMap(({ name, host: own }) => {
        const { certificate, key } = makeCertificate({ name: own, issuer: authority, names: [own] });
        const parts = { certificate, key, ca: authority.certificate };
        return Object.entries(parts).map(([part, pem]) => [`okdSecrets.certificates.${name}.${part}`, pem]);
    });
    return {
        secrets: Object.fromEntries(secrets) as Record<string, string>,
        kubeconfig: cluster.kubeconfig,
        remade: true,
        stop: () => cluster.stop(),
    };
}

/** Where the recorded states find their Quay. */
const quayPort = 22_908;

/** The same with Quay's operator, and a stand-in for Quay. */
async function quay(): Promise<Surrounding> {
    const played = await QuayCluster.start([], { port: quayPort });
    return {
        secrets: bucket,
        kubeconfig: played.cluster.kubeconfig,
        remade: true,
        stop: () => played.stop(),
    };
}

/** The lab's machine, at the address that the settings name: another one would be another registry. */
async function host(section: Section, lab: Lab, folder: string): Promise<Surrounding> {
    const path = join(folder, "registry");
    copyFileSync(await registryBinary(), path);
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    const ssh = lab.ssh();
    const [machine] = section.machines as { address: string; port: number }[];
    if (machine === undefined) throw new Error("the recording has no machine");
    const sockets = new Set<Socket>();
    const door = createServer((inside) => {
        const onward = connect(ssh.port, ssh.address);
        for (const one of [inside, onward]) sockets.add(one.on("close", () => sockets.delete(one)));
        // Either end may break off: the client hears of it from its own.
        const over = (): void => undefined;
        pipeline(inside, onward, over);
        pipeline(onward, inside, over);
    });
    await new Promise<void>((resolve, reject) => {
        door.once("error", reject);
        door.listen(machine.port, machine.address, resolve);
    });
    return {
        section: { ...section, machines: [{ ...machine, hostKey: ssh.hostKey }], binary: { path, sha256 } },
        secrets: { "sshKeys.default": ssh.privateKey },
        remade: true,
        stop: async () => {
            for (const socket of sockets) socket.destroy();
            await new Promise((resolve) => door.close(resolve));
            await lab.exec("host1", ["rm", "-rf", String(section.dataDirectory)]);
        },
    };
}
