import * as pulumi from "@pulumi/pulumi";

import { gateway, type GatewayArgs } from "./exposure/gateway.ts";
import { ingress, type IngressArgs } from "./exposure/ingress.ts";
import { defaultEntryPoint, defaultReadTimeout, type Exposure } from "./exposure/kinds.ts";
import { passthrough, type PassthroughArgs } from "./exposure/passthrough.ts";
import type { ExposureTarget } from "./exposure/target.ts";

/** An exposure with the section that belongs to it; sections of other kinds are not read. */
export interface ExposureArgs {
    /** How clients reach the registry from outside. */
    exposure: Exposure;
    /** For `passthrough`. Without it, the entry point `websecure`. */
    passthrough?: PassthroughArgs | undefined;
    /** For `ingress`. Without it, the entry point `websecure` with Traefik's own timeout. */
    ingress?: IngressArgs | undefined;
    /** For `gateway`, which needs it. */
    gateway?: GatewayArgs | undefined;
}

/** Makes the way in from outside, where it is more than a kind of Service. */
export function createExposure(
    name: string,
    target: ExposureTarget,
    args: ExposureArgs,
    opts: pulumi.CustomResourceOptions,
): void {
    const entryPoints = [defaultEntryPoint];
    switch (args.exposure) {
        case "passthrough":
            passthrough(name, target, args.passthrough ?? { entryPoints }, opts);
            return;
        case "ingress": {
            const usual = { entryPoints, annotations: {}, readTimeoutSeconds: defaultReadTimeout };
            ingress(name, target, args.ingress ?? usual, opts);
            return;
        }
        case "gateway":
            if (args.gateway === undefined) {
                throw new pulumi.ResourceError("gateway: is missing; it names the Gateway", opts.parent, true);
            }
            gateway(name, target, args.gateway, opts);
            return;
        case "nodePort":
        case "loadBalancer":
        case "clusterOnly":
            return;
        default:
            args.exposure satisfies never;
    }
}
