import { createRequire } from "node:module";

import type * as Messages from "@pulumi/pulumi/proto/provider_pb.js";

/** The messages of the plugin's protocol. They are loaded alone: the whole SDK takes ten times as long. */
export const messages = createRequire(import.meta.url)("@pulumi/pulumi/proto/provider_pb.js") as typeof Messages;
