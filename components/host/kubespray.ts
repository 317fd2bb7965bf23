import { stringify } from "yaml";

/** What pulls images on kubespray's nodes. */
export type ContainerManager = "containerd" | "crio" | "docker";

/** What kubespray has to be able to say. */
export interface HandOverNeeds {
    /** Version of kubespray, such as `2.31.0`. */
    version: string;
    containerManager: ContainerManager;
    /** Whether the registry speaks TLS, by an authority of its own. */
    tls: boolean;
    /** Whether one has to log in to pull. */
    login: boolean;
}

/** What is written for kubespray. */
export interface HandOver extends HandOverNeeds {
    /** The registries, `host:port`, the main one first. */
    hosts: readonly string[];
    /** Login name. */
    user: string;
    /** Where the root of a host is on the nodes, below a folder of the host's name, as it was put there before kubespray runs. */
    ca: { directory: string; file: string };
}

/** The registries whose images kubespray's roles ask for, by variable (roles/kubespray_defaults, 2.31.0). */
const repositories = {
    kube_image_repo: "registry.k8s.io",
    gcr_image_repo: "gcr.io",
    docker_image_repo: "docker.io",
    quay_image_repo: "quay.io",
    github_image_repo: "ghcr.io",
} as const;

/** The minor version of kubespray 2. */
function minorOf(version: string): number {
    const [major = "", minor = ""] = version.split(".");
    return major === "2" ? Number(minor) : major > "2" ? Number.POSITIVE_INFINITY : 0;
}

/** Why kubespray's nodes could not pull by its variables, beginning with the setting's name. Undefined where they could. */
export function handOverProblem({ version, containerManager, tls, login }: HandOverNeeds): string | undefined {
    const minor = minorOf(version);
    if (minor < 27) return `version: is ${version}; allowed is 2.27.0 or newer, whose variables are known here`;
    switch (containerManager) {
        case "containerd":
            // 2.27 installs containerd 1 and reads containerd_registry_auth, which 2.28 ignores; 2.29 has `header`.
            if (login && minor < 29)
                return (
                    `version: is ${version}, in which containerd_registries_mirrors has no credentials and containerd_registry_auth ` +
                    "does nothing with containerd 2; allowed is 2.29.0 or newer, or host.users: []"
                );
            if (tls && minor < 28)
                return `version: is ${version}, in which containerd_registries_mirrors has no ca; allowed is 2.28.0 or newer, or host.plain: true`;
            return undefined;
        case "docker":
            return login
                ? "containerManager: is docker, for which kubespray has no variable of a login; allowed are containerd and crio, or host.users: []"
                : undefined;
        case "crio":
            return undefined;
        default:
            return containerManager satisfies never;
    }
}

/** An expression of Ansible: no secret is in the file. */
const password = "{{ lookup('env', 'REGISTRY_PASSWORD') }}";
const authorization = "Basic {{ (registry_user ~ ':' ~ registry_pass) | b64encode }}";

/**
 * kubespray's group_vars for a registry of its own, YAML. Images keep their upstream paths. The password is taken from the environment
 * of ansible-playbook, `REGISTRY_PASSWORD`. Throws where the version's variables would not do.
 * Variables: roles/kubespray_defaults and roles/container-engine of kubespray.
 */
export function groupVars(args: HandOver): string {
    const problem = handOverProblem(args);
    if (problem !== undefined) throw new Error(`kubespray.${problem}`);
    const [first = ""] = args.hosts;
    const login = args.login ? { registry_user: args.user, registry_pass: password } : {};
    const images = Object.fromEntries(Object.keys(repositories).map((name) => [name, "{{ registry_host }}"]));
    const values = {
        registry_host: first,
        ...login,
        ...images,
        kubeadm_image_repo: "{{ kube_image_repo }}",
        local_path_provisioner_helper_image_repo: "{{ registry_host }}/library/busybox",
        ...runtimeVars(args),
    };
    return `# Written by \`npm run kubespray\`: write it again rather than edit it.\n${stringify(values, { lineWidth: 0 })}`;
}

function runtimeVars(args: HandOver): Record<string, unknown> {
    const { hosts, containerManager, tls, login } = args;
    switch (containerManager) {
        case "containerd":
            return {
                containerd_registries_mirrors: [
                    ...hosts.map((host) => containerdMirror(host, args)),
                    // The list takes the place of the default, which has this entry.
                    {
                        prefix: "docker.io",
                        mirrors: [
                            {
                                host: "https://registry-1.docker.io",
                                capabilities: ["pull", "resolve"],
                                skip_verify: false,
                            },
                        ],
                    },
                ],
            };
        case "docker":
            // With TLS, what docker reads is /etc/docker/certs.d/<host>, which is there before.
            return tls ? {} : { docker_insecure_registries: [...hosts] };
        case "crio":
            return {
                crio_registries: hosts.map((host) => ({
                    prefix: host,
                    location: host,
                    insecure: !tls,
                    blocked: false,
                })),
                ...(login
                    ? {
                          crio_registry_auth: hosts.map((registry) => ({
                              registry,
                              username: "{{ registry_user }}",
                              password: "{{ registry_pass }}",
                          })),
                      }
                    : {}),
            };
        default:
            return containerManager satisfies never;
    }
}

/** The scheme is needed in `host`, and `server` would be https without. */
function containerdMirror(host: string, { tls, login, ca }: HandOver): Record<string, unknown> {
    const url = `${tls ? "https" : "http"}://${host}`;
    return {
        prefix: host,
        server: url,
        mirrors: [
            {
                host: url,
                capabilities: ["pull", "resolve"],
                skip_verify: !tls,
                ...(tls ? { ca: `${ca.directory}/${host}/${ca.file}` } : {}),
                ...(login ? { header: { Authorization: [authorization] } } : {}),
            },
        ],
    };
}
