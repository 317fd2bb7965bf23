import { current } from "../lab/lab.ts";
import { consoleReport } from "../lab/report.ts";
import { OutsideClient } from "../test/support/outsideClient.ts";
import { ScratchSite } from "../test/support/scratchSite.ts";
import { startBareRegistry } from "./registry/bareRegistry.ts";
import { startGatelessRegistry } from "./registry/gatelessRegistry.ts";
import { median } from "./statistics.ts";

/**
 * How fast pushes and pulls are through the default way in, with TLS and a login, against the same registry bare: plain HTTP, no
 * login, no ingress. Same image, same node, same disk, same content, same client (skopeo on the outside machine), in turn.
 * The machines share this host's processors, and so the client's own work (its TLS, its digests, its start) is in both times;
 * its TLS is in one. Beside it the same way in without our gate: how near to bare anything can come there.
 */
const target = 0.8;
const rounds = count("BENCH_ROUNDS", 5);
/** Size of the images that are pushed and pulled, in MiB. */
const mebibytes = count("BENCH_MIB", 1024);
/** Pulls at once, and the size of what they pull, in MiB. */
const concurrent = count("BENCH_PULLS", 200);
const smallMebibytes = 20;
const shapes = { few: 4, many: 64 } as const;
const sideNames = ["site", "bare", "gateless"] as const;
type SideName = (typeof sideNames)[number];

/** One side of the comparison: where its images go, and how the client gets there. */
interface Side {
    client: OutsideClient;
    host: string;
    options: string;
    storage: string;
}

const report = consoleReport();
const lab = await current();
if (lab === undefined) throw new Error("the lab is not up: npm run lab -- up");
const gatelessHost = "bench-gateless.site.test";
const site = new ScratchSite(lab, "bench", {
    storage: { size: "8Gi", keepOnDestroy: false },
    extraHosts: [gatelessHost],
});
await report.stage("a site of its own", async () => {
    await site.prepare();
    await site.up();
});
const { node = "", name: pod = "" } = (await site.pods())[0] ?? {};
const image = await site.kubectl("get", "pod", pod, "-o", `jsonpath={.spec.containers[?(@.name=="registry")].image}`);
const bare = await startBareRegistry(lab, node, image);
const gateless = await startGatelessRegistry(lab, { node, image, host: gatelessHost, site: site.namespace });
const access = await site.access();
const outside = new OutsideClient(lab, "bench", access);
const beside = new OutsideClient(lab, "bench-gateless", { ...access, host: gatelessHost });
try {
    await outside.prepare();
    await beside.prepare();
    await beside.must(`ln -sfn ${outside.folder}/layout layout`);
    await report.stage("content", () =>
        outside.receive("layout", [
            ...Object.entries(shapes).map(([name, layers]) => ({
                ...{ name, layers },
                layerBytes: Math.ceil((mebibytes / layers) * 2 ** 20),
            })),
            { name: "small", layers: 1, layerBytes: smallMebibytes * 2 ** 20 },
        ]),
    );
    const trusted = "--authfile auth.json --src-cert-dir trust --dest-cert-dir trust";
    const plain = "--src-tls-verify=false --dest-tls-verify=false";
    const sides: Record<SideName, Side> = {
        site: { client: outside, host: access.host, options: trusted, storage: await siteStorage() },
        bare: { client: outside, host: bare.host, options: plain, storage: bare.storage },
        gateless: { client: beside, host: gatelessHost, options: trusted, storage: gateless.storage },
    };

    const seconds = new Map<string, Record<SideName, number>[]>();
    // The first round warms caches and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
        await report.stage(`round ${round.toString()}`, async () => {
            for (const side of Object.values(sides)) await timed(side, pushSmall(side, round));
            for (const [name, script] of work()) {
                const took = { site: 0, bare: 0, gateless: 0 };
                const order = round % 2 === 0 ? sideNames : [...sideNames].reverse();
                for (const side of order) took[side] = await timed(sides[side], script(sides[side], round));
                console.log(`  ${name}: ${sideNames.map((side) => `${side} ${took[side].toFixed(1)} s`).join(", ")}`);
                if (round > 0) seconds.set(name, [...(seconds.get(name) ?? []), took]);
            }
            for (const { storage } of Object.values(sides)) await lab.exec(node, ["rm", "-rf", `${storage}/docker`]);
        });
    }

    const ratios = [...seconds].map(([name, times]) => {
        const against = (side: SideName): number => median(times.map((took) => took.bare / took[side]));
        const show = (side: SideName): string => `${side} ${times.map((took) => took[side].toFixed(2)).join(", ")} s`;
        const ratio = against("site");
        console.log(`${name.padEnd(16)} ${ratio.toFixed(2)}, without the gate ${against("gateless").toFixed(2)}`);
        console.log(`  ${sideNames.map(show).join("; ")}`);
        return ratio;
    });
    const worst = Math.min(...ratios);
    console.log(`bench registry: ${worst.toFixed(2)} (target at least ${target.toString()})`);
    if (!(worst >= target)) process.exitCode = 1;
} finally {
    await beside.remove();
    await outside.remove();
    await gateless.remove();
    await bare.remove();
    await site.destroy();
}

function reference({ host }: Side, name: string, round: number): string {
    return `docker://${host}/bench/${name}-${round.toString()}:1`;
}

function copy(side: Side, from: string, to: string): string {
    return `skopeo copy --quiet ${side.options} ${from} ${to}`;
}

function pushSmall(side: Side, round: number): string {
    return copy(side, "oci:layout:small", reference(side, "small", round));
}

/** What is measured: each push goes to a repository that is new to its registry, each pull to a directory in memory. */
function work(): [string, (side: Side, round: number) => string][] {
    const push = (name: string) => (side: Side, round: number) =>
        copy(side, `oci:layout:${name}`, reference(side, name, round));
    const pull = (name: string) => (side: Side, round: number) =>
        copy(side, reference(side, name, round), `dir:/tmp/bench/${name}`);
    // Every one is its own process with its own connections, as nodes are; its files go as soon as it has them.
    const crowd = (side: Side, round: number): string => {
        const one = copy(side, reference(side, "small", round), "dir:/tmp/bench/$n");
        return `for n in $(seq ${concurrent.toString()}); do { ${one} && rm -r /tmp/bench/$n || echo $n >>failed; } & done; wait`;
    };
    return [
        ["push-few-layers", push("few")],
        ["push-many-layers", push("many")],
        ["pull-few-layers", pull("few")],
        ["pull-many-layers", pull("many")],
        [`${concurrent.toString()} pulls`, (side, round) => crowd(side, round)],
    ];
}

/**
 * Seconds that a script takes on the outside machine, by that machine's clock, once the disks are quiet. Pulls of a crowd that fail do
 * not end the bench: they are said, and it fails for them at the end.
 */
async function timed({ client, host }: Side, script: string): Promise<number> {
    const prepare = `rm -rf /tmp/bench failed /var/lib/containers/cache/blob-info-cache-v1.boltdb; mkdir -p /tmp/bench; touch failed; sync`;
    const clock = "date +%s%N";
    const said = await client.must(
        `${prepare}; begun=$(${clock}); ${script}; ended=$(${clock}); rm -rf /tmp/bench; echo $((ended - begun)) $(wc -l <failed)`,
    );
    const [nanoseconds = NaN, failed = NaN] = said.trim().split(" ").map(Number);
    if (failed > 0) {
        console.log(`  ${host}: ${failed.toString()} pulls failed`);
        process.exitCode = 1;
    }
    return nanoseconds / 1e9;
}

/** The directory on the node that the site's claim is. */
async function siteStorage(): Promise<string> {
    const claim = await site.kubectl("get", "persistentvolumeclaims", "-o", "jsonpath={.items[0].spec.volumeName}");
    const paths = "jsonpath={.spec.local.path}{.spec.hostPath.path}";
    return (await site.kubectl("get", "persistentvolume", claim, "-o", paths)).trim();
}

function count(variable: string, fallback: number): number {
    return Number(process.env[variable] ?? fallback);
}
