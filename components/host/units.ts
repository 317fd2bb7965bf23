/** What runs the registry on a machine. `systemd`: the program itself; the others: a container. */
export const hostRuntimes = ["systemd", "podman", "docker", "nerdctl"] as const;
/** One of {@link hostRuntimes}. */
export type HostRuntime = (typeof hostRuntimes)[number];

/** What a unit says. */
export interface UnitArgs {
    /** Name of the unit and of the container. */
    unit: string;
    /** How clients call the registry, for people. */
    host: string;
    /** Folder of the configuration on the machine. */
    folder: string;
    /** Folder of the images on the machine. */
    data: string;
    /** TCP port. */
    port: number;
    /** Reference of the image, of a container. */
    image: string | undefined;
    /** Whether it starts with the machine. */
    atBoot: boolean;
}

/** Where things are inside a container: where they are on the machine, so that one configuration serves every runtime. */
function unitHead({ host, data }: UnitArgs): string[] {
    return [
        "[Unit]",
        `Description=Image registry ${host} (siteregistry)`,
        "Wants=network-online.target",
        "After=network-online.target",
        `RequiresMountsFor=${data}`,
        "StartLimitIntervalSec=0",
        "",
    ];
}

const restart = ["Restart=always", "RestartSec=2"];
const install = ["", "[Install]", "WantedBy=multi-user.target"];

/** The plain program, as root without the rights of root: the images belong to root, and nothing else can be written. */
function programUnit(args: UnitArgs): string[] {
    const { folder, data, port } = args;
    return [
        ...unitHead(args),
        "[Service]",
        `EnvironmentFile=${folder}/environment`,
        `ExecStart=${folder}/registry serve ${folder}/config.json`,
        ...restart,
        `CapabilityBoundingSet=${port < 1024 ? "CAP_NET_BIND_SERVICE" : ""}`,
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        `ReadWritePaths=${data}`,
        "ProtectHome=true",
        "PrivateTmp=true",
        "PrivateDevices=true",
        "ProtectControlGroups=true",
        "ProtectKernelModules=true",
        "ProtectKernelTunables=true",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=true",
        "LockPersonality=true",
        "UMask=0077",
        ...install,
    ];
}

/** A container in the foreground of a unit: the machine's own start, stop and log, whatever the runtime thinks of restarts. */
function containerUnit(runtime: "docker" | "nerdctl", args: UnitArgs): string[] {
    const { unit, folder, data, image = "" } = args;
    const run = [
        `/usr/bin/env ${runtime} run --rm --name ${unit}`,
        // Published ports need rules that kubespray's docker is told not to make.
        "--network host --pull never",
        `--env-file ${folder}/environment`,
        `--volume ${folder}:${folder}:ro --volume ${data}:${data}`,
        `${image} serve ${folder}/config.json`,
    ];
    return [
        ...unitHead(args),
        "[Service]",
        `ExecStartPre=-/usr/bin/env ${runtime} rm --force ${unit}`,
        `ExecStart=${run.join(" ")}`,
        `ExecStop=/usr/bin/env ${runtime} stop ${unit}`,
        ...restart,
        ...install,
    ];
}

/** Podman's own form, of which its generator makes the unit. What is generated cannot be enabled: the file says it. */
function quadlet(args: UnitArgs): string[] {
    const { unit, folder, data, image = "", atBoot } = args;
    return [
        ...unitHead(args),
        "[Container]",
        `ContainerName=${unit}`,
        `Image=${image}`,
        "Pull=never",
        "Network=host",
        `EnvironmentFile=${folder}/environment`,
        `Exec=serve ${folder}/config.json`,
        `Volume=${folder}:${folder}:ro,z`,
        `Volume=${data}:${data}:Z`,
        "NoNewPrivileges=true",
        "",
        "[Service]",
        ...restart,
        ...(atBoot ? install : []),
    ];
}

/** Path and text of what makes the machine's systemd run the registry as `<unit>.service`. */
export function unitFile(runtime: HostRuntime, args: UnitArgs): { path: string; text: string } {
    const service = `/etc/systemd/system/${args.unit}.service`;
    const lines = (all: string[]): string => `${all.join("\n")}\n`;
    switch (runtime) {
        case "systemd":
            return { path: service, text: lines(programUnit(args)) };
        case "docker":
        case "nerdctl":
            return { path: service, text: lines(containerUnit(runtime, args)) };
        case "podman":
            return { path: `/etc/containers/systemd/${args.unit}.container`, text: lines(quadlet(args)) };
        default:
            return runtime satisfies never;
    }
}
