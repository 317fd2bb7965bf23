import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { Empty as EmptyMessage } from "google-protobuf/google/protobuf/empty_pb.js";
import type * as Services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as Messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as PluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";

import { Constructor } from "./components/construct.ts";
import { schemaText } from "./components/schema.ts";
import { EngineLog } from "./engineLog.ts";
import { failureOf } from "./failure.ts";
import type { Waits } from "./harbor/harbor.ts";
import { messages } from "./messages.ts";
import { Provider } from "./provider.ts";

const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js") as typeof Grpc;
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb.js") as typeof Services;
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js") as typeof PluginMessages;
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js") as { Empty: typeof EmptyMessage };

/** A Secret for 10,000 namespaces must fit. */
const messageLimit = 400 * 1024 * 1024;
const version = "0.1.0";

/** A plugin that serves. */
export interface Serving {
    /** Port on loopback. */
    readonly port: number;
    /** Ends at once. The engine has no need of it: it ends the process. */
    stop(): void;
}

/** Serves the plugin's protocol on a free port of loopback. */
export async function serve(engineAddress: string | undefined, patience: Waits = {}): Promise<Serving> {
    const log = new EngineLog(engineAddress);
    const provider = new Provider(log, patience);
    const components = new Constructor();
    let engine = engineAddress;
    const server = new grpc.Server({
        "grpc.max_receive_message_length": messageLimit,
        "grpc.max_send_message_length": messageLimit,
    });
    server.addService(ResourceProviderService, {
        getPluginInfo: unary(() => Promise.resolve(new PluginInfo().setVersion(version))),
        getSchema: unary(() => Promise.resolve(new messages.GetSchemaResponse().setSchema(schemaText()))),
        attach: unary((request: PluginMessages.PluginAttach) => {
            engine = request.getAddress();
            log.attach(engine);
            return Promise.resolve(new Empty());
        }),
        checkConfig: unary((request: Messages.CheckRequest) => Promise.resolve(provider.checkConfig(request))),
        diffConfig: unary((request: Messages.DiffRequest) => Promise.resolve(provider.diffConfig(request))),
        configure: unary((request: Messages.ConfigureRequest) => Promise.resolve(provider.configure(request))),
        check: unary((request: Messages.CheckRequest) => provider.check(request)),
        diff: unary((request: Messages.DiffRequest) => provider.diff(request)),
        create: unary((request: Messages.CreateRequest) => provider.create(request)),
        read: unary((request: Messages.ReadRequest) => provider.read(request)),
        update: unary((request: Messages.UpdateRequest) => provider.update(request)),
        delete: unary(async (request: Messages.DeleteRequest) => {
            await provider.delete(request);
            return new Empty();
        }),
        construct: unary((request: Messages.ConstructRequest) => components.construct(request, engine)),
        cancel: unary(() => {
            provider.cancel();
            return Promise.resolve(new Empty());
        }),
    });
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
            if (error !== null) {
                reject(error);
                return;
            }
            const stop = (): void => {
                server.forceShutdown();
            };
            resolve({ port, stop });
        });
    });
}

/** One call of the protocol, answered by a promise. */
function unary<Request, Response>(answer: (request: Request) => Promise<Response>) {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
        new Promise<Response>((resolve) => {
            resolve(answer(call.request));
        }).then(
            (response) => {
                callback(null, response);
            },
            (error: unknown) => {
                callback(failureOf(error));
            },
        );
    };
}
