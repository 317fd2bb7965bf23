import assert from "node:assert/strict";

import { PluginClient } from "../support/pluginClient.ts";
import { OkdCluster } from "./cluster.ts";
import { operatorManager } from "./objects.ts";

export type Values = Record<string, unknown>;

/** The plugin, for resources of one type, on an {@link OkdCluster} of its own. */
export class ClusterResource {
    readonly cluster: OkdCluster;
    readonly plugin: PluginClient;

    private constructor(cluster: OkdCluster, plugin: PluginClient) {
        this.cluster = cluster;
        this.plugin = plugin;
    }

    static async start(type: string): Promise<ClusterResource> {
        const cluster = await OkdCluster.start();
        return new ClusterResource(cluster, await PluginClient.start(type, cluster.kubeconfig));
    }

    async stop(): Promise<void> {
        this.plugin.stop();
        await this.cluster.stop();
    }

    /** What the plugin makes of inputs, which must be good. */
    async checked(inputs: Values): Promise<Values> {
        const { values, failures } = await this.plugin.check(inputs);
        assert.deepEqual(failures, []);
        return values;
    }

    /** Changes an object as that manager of fields, an operator unless said. */
    merge(path: string, change: object, manager = operatorManager): Promise<unknown> {
        return this.cluster.api.send("PATCH", `${path}?fieldManager=${manager}`, change, {
            "content-type": "application/merge-patch+json",
        });
    }
}
