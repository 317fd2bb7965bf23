import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link HarborEndpoint}. */
export interface HarborEndpointArgs {
    /** Name, unique in the Harbor, at most 64 characters. */
    name: pulumi.Input<string>;
    /** What it is: `harbor`, `docker-hub`, `docker-registry`, `quay`, … Another type is another endpoint. */
    type: pulumi.Input<string>;
    /** `http(s)://host[:port]`. Docker Hub's is https://hub.docker.com. */
    url: pulumi.Input<string>;
    /** For people. Default: none. */
    description?: pulumi.Input<string> | undefined;
    /** User, robot or key that Harbor logs in with. Default: no login. */
    accessKey?: pulumi.Input<string> | undefined;
    /** Its password or token. Kept secret whether it comes as one or not. */
    accessSecret?: pulumi.Input<string> | undefined;
    /** `basic` or `oauth`. Default: `basic`. */
    credentialType?: pulumi.Input<string> | undefined;
    /** Roots that sign its certificate, PEM. Needs Harbor 2.15. Default: those that Harbor trusts. */
    caBundle?: pulumi.Input<string> | undefined;
    /** Whether Harbor does not look at its certificate. Default: false. */
    insecure?: pulumi.Input<boolean> | undefined;
    /** Whether an endpoint of that name that is there already is taken over. Default: false, which is an error then. */
    adopt?: pulumi.Input<boolean> | undefined;
}

/**
 * A registry that Harbor copies from or to. Harbor asks it before it saves it, so it must answer. Import it by its number in Harbor,
 * with `ignoreChanges: ["accessSecret"]` for that one `up`, since a secret cannot be read back.
 */
export class HarborEndpoint extends pulumi.CustomResource {
    constructor(name: string, args: HarborEndpointArgs, opts?: pulumi.CustomResourceOptions) {
        const { accessSecret } = args;
        const secret = accessSecret === undefined ? {} : { accessSecret: pulumi.secret(accessSecret) };
        super("siteregistry:index:HarborEndpoint", name, { ...args, ...secret }, opts);
    }
}
