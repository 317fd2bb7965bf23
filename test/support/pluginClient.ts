import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type * as Messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as Services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as StatusMessages from "@pulumi/pulumi/proto/status_pb.js";

import type { Waits } from "../../plugin/harbor/harbor.ts";
import { messages } from "../../plugin/messages.ts";
import { decode, encode, type Decoded, type Properties } from "../../plugin/properties.ts";
import { serve, type Serving } from "../../plugin/server.ts";

const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js") as typeof Grpc;
const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb.js") as typeof Services;
const { Status } = require("@pulumi/pulumi/proto/status_pb.js") as typeof StatusMessages;

type Client = Services.ResourceProviderClient;
type Call<Response> = (
    this: Client,
    request: unknown,
    callback: (error: Grpc.ServiceError | null, response: Response) => void,
) => unknown;

/** What a failed create or update left behind. */
export interface Partial {
    readonly id: string;
    readonly state: Decoded;
    readonly message: string;
}

/** Speaks to the plugin as the engine does, over its protocol. Secrets are marked by the keys in `secrets`. */
export class PluginClient {
    private readonly client: Client;
    private readonly serving: Serving;
    private readonly urn: string;

    private constructor(client: Client, serving: Serving, type: string) {
        this.client = client;
        this.serving = serving;
        this.urn = `urn:pulumi:test::siteregistry::siteregistry:index:RegistryStack$siteregistry:index:${type}::it`;
    }

    /** A plugin that was configured with that kubeconfig, for resources of that type. */
    static start(type: string, kubeconfig: string): Promise<PluginClient> {
        return PluginClient.configured(type, { kubeconfig });
    }

    /** A plugin that was told all this, for resources of that type. */
    static async configured(type: string, told: Properties, patience: Waits = {}): Promise<PluginClient> {
        const serving = await serve(undefined, patience);
        const address = `127.0.0.1:${serving.port.toString()}`;
        const client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
        const plugin = new PluginClient(client, serving, type);
        const args = encode(told, new Set(["kubeconfig", "harborPassword"]));
        await plugin.call("configure", new messages.ConfigureRequest().setArgs(args));
        return plugin;
    }

    /** The same plugin, for resources of another type. */
    of(type: string): PluginClient {
        return new PluginClient(this.client, this.serving, type);
    }

    stop(): void {
        this.client.close();
        this.serving.stop();
    }

    async cancel(): Promise<void> {
        const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => never };
        await this.call("cancel", new Empty());
    }

    /** What is wrong with the provider's own settings, in words. */
    async checkConfig(told: Properties): Promise<string[]> {
        const request = new messages.CheckRequest().setUrn(this.urn).setNews(encode(told, new Set()));
        const response = await this.call<Messages.CheckResponse>("checkConfig", request);
        return response.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
    }

    /** The checked inputs, or the failures in words. */
    async check(inputs: Properties, before?: Properties): Promise<Decoded & { failures: string[] }> {
        const request = new messages.CheckRequest().setUrn(this.urn).setNews(encode(inputs, new Set()));
        if (before !== undefined) request.setOlds(encode(before, new Set()));
        const response = await this.call<Messages.CheckResponse>("check", request);
        const failures = response.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
        return { ...decode(response.getInputs()), failures };
    }

    /** What changes, and which of it replaces. */
    async diff(before: Properties, inputs: Properties): Promise<{ changes: string[]; replaces: string[] }> {
        const request = new messages.DiffRequest().setUrn(this.urn).setId("it");
        request.setOlds(encode(before, new Set())).setNews(encode(inputs, new Set()));
        const response = await this.call<Messages.DiffResponse>("diff", request);
        return { changes: response.getDiffsList(), replaces: response.getReplacesList() };
    }

    async create(inputs: Properties): Promise<{ id: string; state: Decoded }> {
        const request = new messages.CreateRequest().setUrn(this.urn).setProperties(encode(inputs, new Set()));
        const response = await this.call<Messages.CreateResponse>("create", request);
        return { id: response.getId(), state: decode(response.getProperties()) };
    }

    async update(before: Properties, inputs: Properties, id = "it"): Promise<Decoded> {
        const request = new messages.UpdateRequest().setUrn(this.urn).setId(id);
        request.setOlds(encode(before, new Set())).setNews(encode(inputs, new Set()));
        return decode((await this.call<Messages.UpdateResponse>("update", request)).getProperties());
    }

    /** The state that is there; undefined when the resource is gone. */
    async read(id: string, state: Properties = {}): Promise<Decoded | undefined> {
        const request = new messages.ReadRequest().setUrn(this.urn).setId(id).setProperties(encode(state, new Set()));
        const response = await this.call<Messages.ReadResponse>("read", request);
        return response.getId() === "" ? undefined : decode(response.getProperties());
    }

    async delete(state: Properties, id = "it"): Promise<void> {
        const request = new messages.DeleteRequest().setUrn(this.urn).setId(id);
        request.setProperties(encode(state, new Set()));
        await this.call("delete", request);
    }

    /** What the engine keeps of a create or an update that failed. */
    static partial(error: unknown): Partial {
        const { metadata, details } = error as Grpc.ServiceError;
        const [bytes] = metadata.get("grpc-status-details-bin");
        const [any] = Status.deserializeBinary(bytes as Uint8Array).getDetailsList();
        const left = messages.ErrorResourceInitFailed.deserializeBinary(any?.getValue_asU8() ?? new Uint8Array());
        return { id: left.getId(), state: decode(left.getProperties()), message: details };
    }

    private call<Response>(method: keyof Client, request: unknown): Promise<Response> {
        return new Promise((resolve, reject) => {
            (this.client[method] as Call<Response>).call(this.client, request, (error, response) => {
                if (error === null) resolve(response);
                else reject(error);
            });
        });
    }
}
