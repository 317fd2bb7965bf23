import { up } from "../lab/lab.ts";
import { consoleReport } from "../lab/report.ts";
import { nodeTrustReceipts } from "../plugin/resources/nodeTrustReceipts.ts";
import { median } from "./statistics.ts";
import { BenchApiServer } from "./trust/apiServer.ts";
import { agent, bundle, createAgents, createNodes, namespace } from "./trust/nodes.ts";

/**
 * What one more node costs when the receipts of all are collected, among 1,000 against among 100. The nodes are simulated, their
 * receipts lie there already; the API server is real. How long agents take to write is no part of it.
 */
const sizes = [100, 1000] as const;
const rounds = 3;
const target = 1.2;

const lab = await up(consoleReport());
const server = await BenchApiServer.start(lab);
try {
    const uid = await createAgents(server.api);
    const perNode: number[] = [];
    let made = 0;
    for (const size of sizes) {
        const from = made;
        await createNodes(
            server.api,
            uid,
            Array.from({ length: size - from }, (_, index) => from + index),
        );
        made = size;
        await collect(size); // connections and caches
        const seconds: number[] = [];
        let calls = 0;
        for (let round = 0; round < rounds; round += 1) {
            const before = server.calls;
            seconds.push(await collect(size));
            calls = server.calls - before;
        }
        perNode.push(median(seconds) / size);
        const times = seconds.map((one) => `${(one * 1000).toFixed(0)} ms`).join(", ");
        console.log(
            `${size.toString().padStart(4)} nodes: ${times}; ${((median(seconds) / size) * 1000).toFixed(2)} ms each; ${calls.toString()} API calls`,
        );
    }
    const [few = NaN, many = NaN] = perNode;
    const ratio = many / few;
    console.log(`bench trust: ${ratio.toFixed(2)} (target at most ${target.toString()})`);
    if (!(ratio <= target)) process.exitCode = 1;
} finally {
    await server.stop();
}

/** Seconds until every one of so many nodes is known to have the bundle. */
async function collect(size: number): Promise<number> {
    const inputs = {
        namespace,
        owner: namespace,
        daemonSets: [agent],
        bundles: { [agent]: bundle },
        initContainer: "apply",
        timeoutSeconds: 60,
    };
    const tell = (message: string): void => {
        throw new Error(`there was nothing to wait for and nothing to warn of: ${message}`);
    };
    const begun = performance.now();
    const { state } = await nodeTrustReceipts.create(inputs, {
        api: () => Promise.resolve(server.api),
        harbor: () => undefined,
        kubeconfig: () => Promise.reject(new Error("there is none")),
        signal: new AbortController().signal,
        say: tell,
        warn: tell,
    });
    const seconds = (performance.now() - begun) / 1000;
    const { length } = state.nodes as unknown[];
    if (length !== size) throw new Error(`${length.toString()} receipts instead of ${size.toString()}`);
    return seconds;
}
