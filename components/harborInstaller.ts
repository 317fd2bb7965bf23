import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import type { ChartValues } from "./harbor/chartValues.ts";
import { createHarborCertificate, type HarborCertificateArgs } from "./harbor/installationCertificates.ts";
import { harborYml } from "./harbor/installerConfig.ts";
import { certificatesIn, installerScript } from "./harbor/installerScript.ts";
import type { SshConnection } from "./nodeTrust/host.ts";

/** Arguments of {@link HarborInstaller}. */
export interface HarborInstallerArgs extends SshConnection {
    /** What clients call Harbor: `https://host[:port]`. */
    url: string;
    /** Folder on the machine that Harbor's standalone installer was unpacked in. */
    directory: string;
    /** Folder on the machine for Harbor's data. It stays at destroy. */
    dataVolume: string;
    /** Version that the installer's own `harbor.yml.tmpl` has as `_version`. */
    version: string;
    /** More of `harbor.yml`. Default: none. */
    options?: ChartValues | undefined;
    /** Roots that Harbor itself believes at other registries besides its own root, PEM. Default: none. */
    trustedRoots?: string | undefined;
    certificate: HarborCertificateArgs;
    /** First password of `admin`. Kept secret. Default: 32 characters. Harbor keeps the first one that it is given. */
    adminPassword?: pulumi.Input<string> | undefined;
}

/** How long the images' unpacking and the containers' start may take. */
const installTimeout = "30m";

/**
 * A Harbor on a machine, by its standalone installer and SSH: `harbor.yml`, certificates and the roots that its containers believe.
 * Every change of these runs the installer again, which restarts Harbor. Taken away, Harbor is stopped; its data stays.
 */
export class HarborInstaller extends pulumi.ComponentResource {
    /** The root that signs its certificate, PEM. */
    declare readonly caBundle: pulumi.Output<string>;
    /** When its certificate ends, RFC 3339. */
    declare readonly certificateExpiry: pulumi.Output<string>;
    /** First password of `admin`, once Harbor is installed. Secret. */
    declare readonly adminPassword: pulumi.Output<string>;

    constructor(name: string, args: HarborInstallerArgs, opts?: pulumi.ComponentResourceOptions) {
        const { adminPassword: given, privateKey } = args;
        const kept = {
            ...args,
            privateKey: pulumi.secret(privateKey),
            ...(given === undefined ? {} : { adminPassword: pulumi.secret(given) }),
        };
        super("siteregistry:index:HarborInstaller", name, kept, opts);
        const { url, directory, dataVolume, version, options = {}, trustedRoots = "" } = args;
        const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
        const certificate = createHarborCertificate(name, host, args.certificate, this);
        const password = (role: string): pulumi.Output<string> =>
            new random.RandomPassword(`${name}-${role}-password`, { length: 32, special: false }, { parent: this })
                .result;
        const admin = given ?? password("admin");
        const config = pulumi.all([admin, password("database")]).apply(([adminPassword, databasePassword]) =>
            harborYml({
                ...{ url, version, dataVolume, options, adminPassword, databasePassword },
                certificates: certificatesIn(directory),
            }),
        );
        const script = pulumi
            .all([config, certificate.certificate, certificate.privateKey, certificate.caBundle])
            .apply(([yml, leaf, key, root]) =>
                installerScript({ directory, config: yml, certificate: leaf, key, roots: `${root}${trustedRoots}` }),
            );
        const { address, port, user, hostKey } = args;
        const shell = user === "root" ? "sh -s" : "sudo -n sh -s";
        const installed = new command.remote.Command(
            `${name}-machine`,
            {
                connection: {
                    ...{ host: address, port, user, hostKey, privateKey: pulumi.secret(privateKey) },
                    ...{ dialErrorLimit: 5, perDialTimeout: 10 },
                },
                create: `${shell} apply`,
                delete: `${shell} remove`,
                // Nothing of it is in a list of processes.
                stdin: pulumi.secret(script),
                // Another machine or folder is another Harbor.
                triggers: [address, port, directory],
                addPreviousOutputInEnv: false,
                logging: "stderr",
            },
            {
                parent: this,
                deleteBeforeReplace: true,
                customTimeouts: { create: installTimeout, update: installTimeout },
            },
        );
        this.caBundle = certificate.caBundle;
        this.certificateExpiry = certificate.expiry;
        // Whoever has it may log in, so it is there once Harbor is.
        this.adminPassword = pulumi.secret(pulumi.all([admin, installed.stdout]).apply(([text]) => text));
        this.registerOutputs({
            caBundle: this.caBundle,
            certificateExpiry: this.certificateExpiry,
            adminPassword: this.adminPassword,
        });
    }
}
