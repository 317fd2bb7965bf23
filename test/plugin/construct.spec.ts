import assert from "node:assert/strict";
import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type * as Services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { ConstructResponse } from "@pulumi/pulumi/proto/provider_pb.js";

import { messages } from "../../plugin/messages.ts";
import { encode, type Properties } from "../../plugin/properties.ts";
import { serve, type Serving } from "../../plugin/server.ts";

const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js") as typeof Grpc;
const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb.js") as typeof Services;

describe("a component that a program in another language declares", () => {
    let serving: Serving;
    let client: Services.ResourceProviderClient;

    before(async () => {
        serving = await serve(undefined);
        const address = `127.0.0.1:${serving.port.toString()}`;
        client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
    });

    after(() => {
        client.close();
        serving.stop();
    });

    function construct(type: string, inputs: Properties): Promise<ConstructResponse> {
        const request = new messages.ConstructRequest().setType(`siteregistry:index:${type}`).setName("it");
        request.setInputs(encode(inputs, new Set()));
        return new Promise((resolve, reject) => {
            client.construct(request, (error, response) => {
                if (error === null) resolve(response);
                else reject(new Error(error.details));
            });
        });
    }

    it("is refused with all mistakes at once, before any of it is made", async () => {
        const inputs = { objectName: "kit", namespace: 7, hosts: ["a", true], labels: { team: 1 } };
        await assert.rejects(construct("ClientKit", inputs), {
            message: [
                "ClientKit it: wrong inputs",
                "  hosts[1]: must be a text; true is a boolean",
                "  labels.team: must be a text; 1 is a number",
                "  namespace: must be a text; 7 is a number",
                "  caBundle: is missing; it must be a text",
            ].join("\n"),
        });
    });

    it("is refused where there is none of that name", async () => {
        await assert.rejects(
            construct("RegistryStak", {}),
            /has no component siteregistry:index:RegistryStak; it has .*RegistryStack/,
        );
    });

    it("needs an engine", async () => {
        const inputs = { objectName: "kit", namespace: "n", hosts: ["a"], caBundle: "pem" };
        await assert.rejects(construct("ClientKit", inputs), /none has told its address/);
    });
});
