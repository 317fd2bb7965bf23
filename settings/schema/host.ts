import { z } from "zod";

import { hostStates } from "../../components/hostRegistry.ts";
import { hostRuntimes } from "../../components/host/units.ts";
import { loginNames } from "../../components/registry/logins.ts";
import { generations } from "./certificate.ts";
import { image, label, once } from "./common.ts";
import { hostOrAddress, login, machineName } from "./machine.ts";
import { ownCertificate } from "./ownCertificate.ts";
import { trustedHosts } from "./trustedHosts.ts";
import { user } from "./users.ts";

/** How a machine is logged in to. */
const ssh = { name: machineName, address: hostOrAddress("Where its SSH server is."), ...login };

const machine = z.strictObject({
    ...ssh,
    host: hostOrAddress("How clients call its registry, without the port. Without it, its address.").optional(),
    jump: z.strictObject(ssh).optional().describe("A machine in between, by which it is reached."),
});

const sha256 = z
    .string()
    .regex(/^[0-9a-f]{64}$/, "allowed are the 64 hexadecimal digits that `sha256sum` prints")
    .describe("Its SHA-256.");
const file = (meaning: string) => z.string().min(1).describe(`${meaning}, by its path from the project's folder.`);

/** What kubespray's and the runtimes' own resets empty. */
const swept = ["/etc", "/proc", "/run", "/sys", "/dev", "/tmp", "/usr", "/boot", "/opt/cni"].concat(
    ["containerd", "docker", "containers", "kubelet", "etcd", "cni", "calico", "crio"].map((one) => `/var/lib/${one}`),
);
const isSwept = (path: string): boolean => swept.some((one) => path === one || path.startsWith(`${one}/`));

const dataDirectory = z
    .string()
    .regex(/^(\/[A-Za-z0-9_.-]+)+$/, "allowed is an absolute path of letters, digits, '.', '_' and '-'")
    .refine((path) => !path.split("/").includes(".."), "allowed is a path without '..'")
    .refine((path) => !isSwept(path), `allowed is none of what is not for data, or is emptied: ${swept.join(", ")}`)
    .default("/srv/registry")
    .describe("Folder of the images on the machine. Empty or not there at first; it stays at `pulumi destroy`.");

/** A registry on machines of its own, before there is a cluster. */
export const host = z
    .strictObject({
        name: z
            .string()
            .regex(label, "allowed are lower-case letters, digits and '-'")
            .max(40, "allowed are at most 40 characters")
            .default("registry")
            .describe("Name of the registry on its machines: its unit is `siteregistry-<name>`."),
        machines: z
            .array(machine)
            .min(1, "at least one machine is needed")
            .describe("Machines over SSH, each with a registry of its own: the same users and authority."),
        runtime: z
            .enum(hostRuntimes)
            .default("systemd")
            .describe(
                "What runs it. `systemd`: the plain program, with no container runtime. `podman`: a Quadlet. `docker`, `nerdctl`: a unit that runs the container.",
            ),
        binary: z
            .strictObject({
                path: file("The program `registry` of distribution 3, for the machines' platform"),
                sha256,
            })
            .optional()
            .describe("The program. Runtime `systemd`."),
        image: z
            .strictObject({
                reference: image("What the image is called in the archive.", "docker.io/library/registry:3.1.2"),
                path: file("An archive that the runtime's `load` takes"),
                sha256,
            })
            .optional()
            .describe("The image. The other runtimes."),
        dataDirectory,
        port: z.int().min(1).max(65_535).default(5000).describe("TCP port of the registry."),
        users: z
            .array(user.omit({ role: true }))
            .optional()
            .describe(
                "Who may log in, and then push, pull and delete: there is no gate that tells roles. Without it, `registry`; `[]` lets everybody in.",
            ),
        certificate: ownCertificate
            .safeExtend({
                ca: generations
                    .optional()
                    .describe("Generations of the authority, to rotate it. Without it, the first alone."),
            })
            .prefault({})
            .describe("Its certificate, by an authority of its own."),
        plain: z
            .boolean()
            .default(false)
            .describe("HTTP without TLS, and no passwords. Whoever is on the way can read and change what is pulled."),
        state: z
            .enum(hostStates)
            .default("running")
            .describe("`stopped`: it is there and does not run. `absent`: it is taken away; its images stay."),
        deleteData: z.boolean().default(false).describe("Whether the state `absent` takes the images too."),
        nodes: trustedHosts.describe(
            "Machines that will be cluster nodes: they trust the registry over SSH, before kubespray runs.",
        ),
        kubespray: z
            .strictObject({
                version: z
                    .string()
                    .regex(/^\d+\.\d+\.\d+$/, "allowed is a version such as 2.31.0")
                    .describe("Version of kubespray."),
                containerManager: z
                    .enum(["containerd", "crio", "docker"])
                    .default("containerd")
                    .describe("kubespray's `container_manager`."),
            })
            .optional()
            .describe("What `npm run kubespray` writes group_vars for."),
    })
    .superRefine((value, context) => {
        const refuse = (path: (string | number)[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        const [needed, other] =
            value.runtime === "systemd" ? (["binary", "image"] as const) : (["image", "binary"] as const);
        if (value[needed] === undefined) refuse([needed], `the runtime ${value.runtime} needs it`);
        if (value[other] !== undefined) refuse([other], `the runtime ${value.runtime} does not use it: remove it`);
        if (value.plain && value.users !== undefined && value.users.length > 0)
            refuse(["users"], "with `plain` everybody could read the passwords: leave it out, or set plain to false");
        if (value.deleteData && value.state !== "absent")
            refuse(["deleteData"], `the state is ${value.state}, which needs the images: allowed with absent alone`);
        const names = value.machines.map(({ name }) => name);
        if (!once[0](names)) refuse(["machines"], "each machine needs a name of its own");
        const places = value.machines.map(({ address, port }) => `${address} ${port.toString()}`);
        if (!once[0](places)) refuse(["machines"], "an SSH server is named twice: a machine has one registry");
        const hosts = value.machines.map((one) => one.host ?? one.address);
        if (!once[0](hosts)) refuse(["machines"], "two machines are called alike: give each a host of its own");
        const logins = (value.users ?? []).flatMap(loginNames);
        if (!once[0](logins)) refuse(["users"], "a login is named twice");
    });
