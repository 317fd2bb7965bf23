import { isIP } from "node:net";

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { hostConfig, hostFiles } from "./host/hostConfig.ts";
import { createRegistryMachine, uploadPath, type HostMachineArgs } from "./host/machine.ts";
import { registryScript } from "./host/script.ts";
import { unitFile, type HostRuntime } from "./host/units.ts";
import { createGenerations, firstGeneration, type GenerationsArgs } from "./registry/certificates/generations.ts";
import type { KeyAlgorithm } from "./registry/certificates/keys.ts";
import { unique } from "./registry/certificates/names.ts";
import { signServer } from "./registry/certificates/signed.ts";
import { createUsers, withSecretPasswords, type Login, type RegistryUserArgs } from "./registry/users.ts";

/** What a registry on a machine shall be. `stopped`: there, and not running. `absent`: not there; its images are. */
export const hostStates = ["running", "stopped", "absent"] as const;
/** One of {@link hostStates}. */
export type HostState = (typeof hostStates)[number];

/** A file on the machine of `pulumi up`. */
export interface ContentFileArgs {
    /** Its path, from the project's folder. */
    path: string;
    /** Its SHA-256, 64 hexadecimal digits. */
    sha256: string;
}

/** The image of a container. */
export interface ContentImageArgs extends ContentFileArgs {
    /** What it is called in the archive. */
    reference: string;
}

/** The certificates: an authority of the registry's own, and what that signs. */
export interface HostCertificateArgs {
    /** Kind of new keys. */
    algorithm: KeyAlgorithm;
    /** Life of the authority's certificate, in hours. */
    caValidityHours: number;
    /** Life of the server certificate, in hours. */
    validityHours: number;
    /** How long before its end an update renews the server certificate, in hours. */
    earlyRenewalHours: number;
    /** Which generations of the authority clients trust, and which signs. Default: the first. */
    ca?: GenerationsArgs | undefined;
}

/** Arguments of {@link HostRegistry}. */
export interface HostRegistryArgs {
    /** Name of the registry on its machines: its unit is `siteregistry-<name>`. */
    registryName: string;
    /** The machines, each with a registry of its own: the same users and authority, images for each. */
    machines: readonly HostMachineArgs[];
    /** What runs it there. */
    runtime: HostRuntime;
    /** The program, distribution 3. For the runtime `systemd`. */
    binary?: ContentFileArgs | undefined;
    /** The image, as an archive. For the other runtimes. */
    image?: ContentImageArgs | undefined;
    /** Folder of the images on the machine. It stays at destroy. */
    dataDirectory: string;
    /** TCP port. */
    port: number;
    /** Who may log in, and then push, pull and delete. With none, everybody may. */
    users: readonly RegistryUserArgs[];
    /** Whether it speaks HTTP without TLS. */
    plain: boolean;
    certificate: HostCertificateArgs;
    /** What it shall be. */
    state: HostState;
    /** Whether `absent` takes the images too. */
    deleteData: boolean;
}

/** A registry on a machine. */
export interface HostRegistryStatus {
    /** Name of the machine. */
    machine: string;
    /** `host:port`, as image references have it. */
    host: string;
    /** `running`, `stopped` or `absent`. */
    state: string;
}

/** A private image registry on machines of their own, before there is any cluster, over SSH. */
export class HostRegistry extends pulumi.ComponentResource {
    /** Each machine's registry, once it is as it shall be. */
    declare readonly registries: pulumi.Output<HostRegistryStatus[]>;
    /** Roots that clients must trust, PEM. Empty without TLS. */
    declare readonly caBundle: pulumi.Output<string>;
    /** When the server certificate ends, RFC 3339. Empty without TLS. */
    declare readonly certificateExpiry: pulumi.Output<string>;
    /** Passwords by login name. Secret. */
    declare readonly passwords: pulumi.Output<Record<string, string>>;
    /** The logins, for what logs in on their behalf. */
    readonly logins: readonly Login[];

    constructor(name: string, args: HostRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
        const given = withSecretPasswords(args.users);
        const machines = args.machines.map(({ jump, privateKey, ...rest }) => ({
            ...{ ...rest, privateKey: pulumi.secret(privateKey) },
            ...(jump === undefined ? {} : { jump: { ...jump, privateKey: pulumi.secret(jump.privateKey) } }),
        }));
        super("siteregistry:index:HostRegistry", name, { ...args, users: given, machines }, opts);
        const users = createUsers(name, given, this);
        const httpSecret = new random.RandomPassword(
            `${name}-http-secret`,
            { length: 48, special: false },
            { parent: this },
        ).result;
        const tls = args.plain ? undefined : certificates(name, args, this);
        const htpasswd = given.length === 0 ? undefined : users.htpasswd;
        const all = machines.map((machine) => {
            const script = pulumi
                .all([httpSecret, htpasswd, tls])
                .apply(([secret, logins, pair]) => scriptFor(machine, args, { secret, logins, pair }));
            const { registryName, runtime, state } = args;
            const content = runtime === "systemd" ? args.binary : args.image;
            const reached = createRegistryMachine(
                name,
                {
                    ...{ ...machine, registry: registryName, owner: ownerOf(machine, args), runtime, script },
                    content: state === "absent" ? undefined : content,
                },
                this,
            );
            return reached.apply((known) => ({ machine: machine.name, host: hostOf(machine, args), state: known }));
        });
        this.registries = pulumi.all(all);
        this.caBundle = tls?.caBundle ?? pulumi.output("");
        this.certificateExpiry = tls?.expiry ?? pulumi.output("");
        this.logins = users.logins;
        this.passwords = pulumi.secret(
            pulumi.all(Object.fromEntries(users.logins.map((login) => [login.name, login.password]))),
        );
        this.registerOutputs({ registries: this.registries, caBundle: this.caBundle });
    }
}

function hostOf({ host }: Pick<HostMachineArgs, "host">, { port }: Pick<HostRegistryArgs, "port">): string {
    return `${isIP(host) === 6 ? `[${host}]` : host}:${port.toString()}`;
}

/** Without the port, which may change. */
function ownerOf({ host }: Pick<HostMachineArgs, "host">, { registryName }: HostRegistryArgs): string {
    return `${registryName} of ${host}`;
}

/** One certificate for all machines, with every name and address that they are called by. */
function certificates(name: string, { machines, certificate }: HostRegistryArgs, parent: pulumi.Resource) {
    const { algorithm, caValidityHours, validityHours, earlyRenewalHours, ca = firstGeneration } = certificate;
    const subject = { organization: "siteregistry" };
    const own = {
        ...{ algorithm, subject, validityHours: caValidityHours },
        earlyRenewalHours: Math.min(validityHours, Math.floor(caValidityHours / 2)),
    };
    const { authority } = createGenerations(name, ca, own, parent);
    const called = unique(machines.flatMap(({ host, address }) => [host, address]));
    const server = signServer(
        name,
        {
            dnsNames: called.filter((one) => isIP(one) === 0),
            ipAddresses: called.filter((one) => isIP(one) !== 0),
            ...{ algorithm, subject, validityHours, earlyRenewalHours },
        },
        authority,
        parent,
    );
    return { ...server, caBundle: authority.caBundle };
}

/** What only the state knows. */
interface Known {
    secret: string;
    logins: string | undefined;
    pair: { certificate: string; privateKey: string; caBundle: string } | undefined;
}

function scriptFor(
    machine: Pick<HostMachineArgs, "name" | "host">,
    args: HostRegistryArgs,
    { secret, logins, pair }: Known,
): string {
    const { registryName, runtime, dataDirectory: data, port, state, image } = args;
    const folder = `/etc/siteregistry/${registryName}`;
    const host = hostOf(machine, args);
    const owner = ownerOf(machine, args);
    const realm = logins === undefined ? undefined : host;
    const unit = unitFile(runtime, {
        ...{ unit: `siteregistry-${registryName}`, host, folder, data, port },
        ...{ image: image?.reference, atBoot: state === "running" },
    });
    const content = runtime === "systemd" ? args.binary : image;
    return registryScript(
        {
            [hostFiles.config]: hostConfig({ port, storage: data, folder, tls: pair !== undefined, realm }),
            [hostFiles.environment]: `REGISTRY_HTTP_SECRET=${secret}\nOTEL_TRACES_EXPORTER=none\n`,
            ...(logins === undefined ? {} : { [hostFiles.htpasswd]: logins }),
            ...(pair === undefined
                ? {}
                : {
                      [hostFiles.certificate]: pair.certificate,
                      [hostFiles.key]: pair.privateKey,
                      [hostFiles.roots]: pair.caBundle,
                  }),
            ...{ unit: unit.text, owner, data, port: port.toString() },
        },
        {
            ...{ MACHINE: machine.name, UNIT: `siteregistry-${registryName}`, UNIT_FILE: unit.path, FOLDER: folder },
            ...{ LIBRARY: `/usr/local/lib/siteregistry/${registryName}`, DATA: data, RUNTIME: runtime, STATE: state },
            ...{ MARKER: `${data}/.siteregistry`, OWNER: owner, HOST: host, PORT: port.toString() },
            ...{ SCHEME: pair === undefined ? "http" : "https", DELETE_DATA: String(args.deleteData) },
            ...{
                CONTENT_SHA: content?.sha256 ?? "",
                CONTENT_KEY: runtime === "systemd" ? "host.binary" : "host.image",
            },
            ...{ UPLOAD: uploadPath(registryName, content?.sha256 ?? ""), IMAGE: image?.reference ?? "" },
        },
    );
}
