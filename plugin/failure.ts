import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type * as StatusMessages from "@pulumi/pulumi/proto/status_pb.js";
import type { Any as AnyMessage } from "google-protobuf/google/protobuf/any_pb.js";

import { messages } from "./messages.ts";
import { encode, inputsOf } from "./properties.ts";
import { PartlyDone } from "./resource.ts";

const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js") as typeof Grpc;
const { Status } = require("@pulumi/pulumi/proto/status_pb.js") as typeof StatusMessages;
const { Any } = require("google-protobuf/google/protobuf/any_pb.js") as { Any: typeof AnyMessage };

/** What is secret, and what is no input, in a state that is only partly there. Set by the provider, which knows the resource. */
export interface Marked {
    secrets?: ReadonlySet<string>;
    outputs?: readonly string[];
}

/** An error as the engine wants it: its text, and what exists nevertheless. */
export function failureOf(error: unknown): Partial<Grpc.StatusObject> & { message: string } {
    const message = error instanceof Error ? error.message : String(error);
    const metadata = new grpc.Metadata();
    if (error instanceof PartlyDone) {
        const { secrets = new Set<string>(), outputs } = error as Marked;
        const detail = new messages.ErrorResourceInitFailed()
            .setId(error.id)
            .setProperties(encode(error.state, secrets))
            .setInputs(encode(inputsOf(error.state, outputs), secrets))
            .setReasonsList([message]);
        const packed = new Any();
        packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
        const status = new Status();
        status.setCode(grpc.status.UNKNOWN).setMessage(message).addDetails(packed);
        metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    }
    return { code: grpc.status.UNKNOWN, details: message, message, metadata };
}
