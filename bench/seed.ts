import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeRandomImages } from "../lab/images/randomImages.ts";
import { run } from "../lab/machines/command.ts";
import { Layout } from "../plugin/images/layout.ts";
import { seededImages } from "../plugin/resources/seededImages.ts";
import type { Session } from "../plugin/resource.ts";
import { copyTools, onPath } from "../test/support/copyTools.ts";
import { RealRegistry, registryBinary } from "../test/support/realRegistry.ts";
import { median } from "./statistics.ts";

/**
 * How long ImageSeed takes to bring images into an empty registry, against `skopeo sync` from a `dir:` tree of the same images into the
 * same kind of registry, alternating; and how long it takes when they are all there. Both read the same files on disk.
 * BENCH_SEED_IMAGES and BENCH_SEED_MIB make it smaller: the size is 100 images and 5120 MiB.
 */
const count = Number(process.env.BENCH_SEED_IMAGES ?? 100);
const mebibytes = Number(process.env.BENCH_SEED_MIB ?? 5120);
const rounds = Number(process.env.BENCH_SEED_ROUNDS ?? 3);
/** So many images share a base, which is three quarters of each. */
const family = 10;
const target = 1;
/** The second run: as a part of the first, or in seconds. */
const again = { part: 0.1, seconds: 5 };

const folder = mkdtempSync(join(tmpdir(), "bench-seed-"));
const restorePath = onPath(await copyTools(join(folder, "bin")));
try {
    const images = await generated();
    const tree = join(folder, "tree");
    const layout = new Layout(join(folder, "layout"));
    for (const { name, digest } of images) await layout.show(digest, join(tree, `${name}:1`));
    const binary = await registryBinary();
    const seconds: Record<"ours" | "second" | "sync", number[]> = { ours: [], second: [], sync: [] };
    for (let round = 0; round < rounds; round += 1) {
        for (const way of round % 2 === 0 ? (["ours", "sync"] as const) : (["sync", "ours"] as const)) {
            const home = join(folder, `${way}-${round.toString()}`);
            const registry = await RealRegistry.start(binary, home);
            try {
                if (way === "ours") {
                    seconds.ours.push(await timed(() => seed(registry.host)));
                    rmSync(join(folder, "started"));
                    seconds.second.push(await timed(() => seed(registry.host)));
                    if (readdirSync(folder).includes("started")) throw new Error("the second run started a process");
                } else {
                    seconds.sync.push(await timed(() => sync(tree, registry.host)));
                }
                for (const { name, digest } of images)
                    if ((await registry.digest(`bench/${name}`, "1")) !== digest)
                        throw new Error(`${name} is not there`);
            } finally {
                await registry.kill();
                rmSync(home, { recursive: true, force: true });
            }
        }
    }
    for (const [way, values] of Object.entries(seconds))
        console.log(`${way}: ${values.map((value) => value.toFixed(1)).join(", ")} s`);
    const first = median(seconds.ours);
    const second = median(seconds.second);
    const quick = second <= Math.max(first * again.part, again.seconds);
    console.log(`second run: ${second.toFixed(1)} s (target at most 10 % of ${first.toFixed(1)} s, or 5 s)`);
    const ratio = first / median(seconds.sync);
    console.log(`bench seed: ${ratio.toFixed(2)} (target at most ${target.toString()})`);
    if (!(ratio <= target && quick)) process.exitCode = 1;
} finally {
    restorePath();
    rmSync(folder, { recursive: true, force: true });
}

async function seed(host: string): Promise<void> {
    const session: Session = {
        api: () => Promise.reject(new Error("there is no cluster")),
        kubeconfig: () => Promise.reject(new Error("there is no cluster")),
        signal: new AbortController().signal,
        harbor: () => undefined,
        warn: console.warn,
        say: () => undefined,
    };
    const source = { kind: "directory", path: join(folder, "layout") };
    const given = { source, host, plainHttp: true, reach: "direct" };
    const { inputs, failures = [] } = await seededImages.check(given, undefined, session);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    await seededImages.create(inputs, session);
}

async function sync(tree: string, host: string): Promise<void> {
    const how = ["--insecure-policy", "sync", "--all", "--preserve-digests", "--dest-tls-verify=false"];
    const { code, stderr } = await run(["skopeo", ...how, "--src", "dir", "--dest", "docker", tree, `${host}/bench`]);
    if (code !== 0) throw new Error(stderr.slice(-2000));
}

async function timed(work: () => Promise<void>): Promise<number> {
    const begun = performance.now();
    await work();
    return (performance.now() - begun) / 1000;
}

interface Manifest {
    config: { digest: string; size: number };
    layers: { digest: string; size: number }[];
}

/** Images in families, each of which has a base of its own, in one layout under `layout`. Unique bytes are what `mebibytes` says. */
async function generated(): Promise<{ name: string; digest: string }[]> {
    const path = join(folder, "layout");
    const families = Math.ceil(count / family);
    const share = (mebibytes << 20) / (families * 3 + count);
    const size = Math.max(4096, Math.floor(share));
    mkdirSync(path, { recursive: true });
    await writeRandomImages(path, [
        ...Array.from({ length: families }, (_, index) => ({
            name: `base-${index.toString()}`,
            layers: 3,
            layerBytes: size,
        })),
        ...Array.from({ length: count }, (_, index) => ({
            name: `own-${index.toString()}`,
            layers: 1,
            layerBytes: size,
        })),
    ]);
    const blob = (digest: string): string => join(path, "blobs", "sha256", digest.slice(7));
    const put = (value: unknown): { digest: string; size: number } => {
        const text = JSON.stringify(value);
        const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
        writeFileSync(blob(digest), text);
        return { digest, size: Buffer.byteLength(text) };
    };
    const named = new Layout(path).named();
    const read = (digest: string): unknown => JSON.parse(readFileSync(blob(digest), "utf8"));
    const manifestOf = (name: string): Manifest => read(named.get(name)?.digest ?? "") as Manifest;
    const manifests = Array.from({ length: count }, (_, index) => {
        const base = manifestOf(`base-${(index % families).toString()}`);
        const own = manifestOf(`own-${index.toString()}`);
        const configs = [base, own].map(
            ({ config }) => read(config.digest) as { rootfs: { type: string; diff_ids: string[] } },
        );
        const diffIds = configs.flatMap(({ rootfs }) => rootfs.diff_ids);
        const config = { ...configs[0], rootfs: { type: "layers", diff_ids: diffIds } };
        const mediaType = "application/vnd.oci.image.manifest.v1+json";
        const made = put({
            ...{ schemaVersion: 2, mediaType },
            config: { mediaType: "application/vnd.oci.image.config.v1+json", ...put(config) },
            layers: [...base.layers, ...own.layers],
        });
        const name = `image-${index.toString()}:1`;
        const annotations = { "org.opencontainers.image.ref.name": `quay.io/bench/${name}` };
        return { mediaType, ...made, annotations };
    });
    writeFileSync(join(path, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    return manifests.map(({ digest }, index) => ({ name: `image-${index.toString()}`, digest }));
}
