import { readdirSync } from "node:fs";
import { join } from "node:path";

import { OkdCluster } from "../okd/cluster.ts";
import { contract } from "../support/contracts.ts";
import { QuayOperators } from "./operators.ts";
import { QuayServer } from "./server.ts";

/** Namespace of Quay. */
export const namespace = "quay-registry";

/** An API server with OLM's and Quay's definitions, their operators and Quay's API played. */
export class QuayCluster {
    readonly cluster: OkdCluster;
    readonly quay: QuayServer;
    readonly operators: QuayOperators;

    private constructor(cluster: OkdCluster, quay: QuayServer) {
        this.cluster = cluster;
        this.quay = quay;
        this.operators = new QuayOperators(cluster.api, quay, namespace);
    }

    /** `definitions` are further ones, files in `definitions/`; `tls` and `port` are Quay's. */
    static async start(
        definitions: readonly string[] = [],
        served: { tls?: boolean; port?: number } = {},
    ): Promise<QuayCluster> {
        const folder = contract("crds/olm");
        const own = definitions.map((one) => join(import.meta.dirname, "definitions", `${one}.yaml`));
        const cluster = await OkdCluster.start({
            definitions: [
                ...readdirSync(folder).map((one) => join(folder, one)),
                contract("crds/quay/quayregistries-3.17.crd.yaml"),
                ...own,
            ],
        });
        // No controller here takes namespaces away again.
        await cluster.put(`/api/v1/namespaces/${namespace}`, {
            ...{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        });
        const played = new QuayCluster(cluster, await QuayServer.start(served));
        played.operators.start();
        return played;
    }

    async stop(): Promise<void> {
        await this.operators.stop();
        await this.quay.stop();
        await this.cluster.stop();
    }
}
