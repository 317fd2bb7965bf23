import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type * as Services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type * as EngineMessages from "@pulumi/pulumi/proto/engine_pb.js";

const require = createRequire(import.meta.url);

/** The engine's log: what is said here stands beside the resource on the person's screen. */
export class EngineLog {
    private client: Services.EngineClient | undefined;

    constructor(address: string | undefined) {
        if (address !== undefined) this.attach(address);
    }

    /** Says where the engine is. */
    attach(address: string): void {
        const grpc = require("@grpc/grpc-js") as typeof Grpc;
        const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js") as typeof Services;
        this.client = new EngineClient(address, grpc.credentials.createInsecure());
    }

    /** Warns of something at a resource. */
    warn(urn: string, message: string): void {
        const { LogRequest, LogSeverity } = engineMessages();
        this.send(new LogRequest().setSeverity(LogSeverity.WARNING).setMessage(message).setUrn(urn));
    }

    /** Tells how the work on a resource goes on, for as long as it takes. */
    say(urn: string, message: string): void {
        const { LogRequest, LogSeverity } = engineMessages();
        const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(message).setUrn(urn);
        this.send(request.setEphemeral(true));
    }

    /** An engine that does not listen is no reason to fail. */
    private send(request: EngineMessages.LogRequest): void {
        this.client?.log(request, () => undefined);
    }
}

/** Loaded when there is something to say. */
function engineMessages(): typeof EngineMessages {
    return require("@pulumi/pulumi/proto/engine_pb.js") as typeof EngineMessages;
}
