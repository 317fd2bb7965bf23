import { isIP } from "node:net";

import { z } from "zod";

/** Name of the Pulumi project, and so the prefix of its configuration keys. */
export const project = "siteregistry";

/** Keys whose values are secret. They stand outside the sections, which are plain. */
export const secretKeys = ["passwords", "kubeconfig"] as const;

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/;
const imageReference =
    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+(:[\w][\w.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/;

/** A Service's name is a DNS label that begins with a letter (RFC 1035). */
const serviceName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Refuses a list that names something twice: each entry makes objects of its own. */
const once = [
    (values: readonly string[]) => new Set(values).size === values.length,
    "allowed is each entry once",
] as const;

const objectName = (meaning: string, value: string) =>
    z.string().regex(label, "allowed are 1 to 63 lower-case letters, digits and '-'").default(value).describe(meaning);
const hostName = () =>
    z
        .string()
        .regex(
            dnsName,
            "allowed is a full lower-case DNS name without scheme, port or path, such as registry.example.org",
        );
const hostOrAddress = z
    .string()
    .refine(
        (text) => isIP(text) !== 0 || (dnsName.test(text) && !/\.\d+$/.test(text)),
        "allowed is an IP address or a full lower-case DNS name",
    );
const image = (meaning: string, value: string) =>
    z
        .string()
        .regex(imageReference, "allowed is host/repository:tag, or @sha256:digest; a tag must be named")
        .refine((text) => !text.endsWith(":latest"), "the tag latest is not allowed: it names another image tomorrow")
        .default(value)
        .describe(meaning);
const hours = (meaning: string, value: number) =>
    z
        .int()
        .min(1)
        .max(24 * 365 * 30)
        .default(value)
        .describe(meaning);

const user = z.strictObject({
    name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "allowed are 1 to 63 letters, digits, '.', '_' and '-'")
        .describe("Login name."),
});

const certificate = z
    .strictObject({
        caValidityHours: hours("Life of the certificate authority, in hours.", 24 * 3650),
        validityHours: hours("Life of the server certificate, in hours.", 24 * 397),
        earlyRenewalHours: hours(
            "How long before its end `pulumi up` renews the server certificate, in hours.",
            24 * 30,
        ),
    })
    .refine(
        (value) => value.earlyRenewalHours < value.validityHours,
        "earlyRenewalHours must be less than validityHours, or every `pulumi up` renews the certificate",
    )
    .refine(
        (value) => value.validityHours <= value.caValidityHours,
        "validityHours must not be more than caValidityHours: a certificate ends with its authority",
    );

const storage = z.strictObject({
    size: z
        .string()
        .regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "allowed is a whole number with Mi, Gi or Ti, such as 20Gi")
        .default("20Gi")
        .describe("Size of the volume that holds the images."),
    storageClass: z
        .string()
        .regex(dnsOrLabel(), "allowed is the name of a StorageClass")
        .optional()
        .describe("StorageClass of the volume. Without it, the cluster's default."),
    keepOnDestroy: z
        .boolean()
        .default(true)
        .describe("Whether `pulumi destroy` leaves the volume, and the namespace it is in, in place."),
});

const pullSecret = z.strictObject({
    name: objectName("Name of the Secret that pods name under `imagePullSecrets`.", "image-registry-pull"),
    user: z.string().optional().describe("User whose credential it carries. Without it, the first of `users`."),
    namespaces: z
        .array(z.string().regex(label, "allowed is the name of a namespace"))
        .refine(...once)
        .default([])
        .describe("Existing namespaces that get the Secret."),
});

const proof = z.strictObject({
    enabled: z
        .boolean()
        .default(true)
        .describe("Whether `pulumi up` ends with a push of a small image and a pull of it on every node."),
    namespace: objectName("Namespace that the proof makes for itself.", "image-registry-proof"),
    image: image("Image that holds skopeo, which pushes.", "quay.io/skopeo/stable:v1.20.0"),
});

const registry = z
    .strictObject({
        name: z
            .string()
            .regex(serviceName, "allowed are 1 to 63 lower-case letters, digits and '-', a letter first")
            .default("image-registry")
            .describe("Name of the Service and of the other objects."),
        namespace: objectName("Namespace of the registry. It is made, and must not exist before.", "kube-infra"),
        host: hostName().describe("Public host name: the one in image references, and the one that clients reach."),
        extraHosts: z
            .array(hostName())
            .refine(...once)
            .default([])
            .describe("Further public host names of the same registry."),
        clusterHosts: z
            .array(hostOrAddress)
            .refine(...once)
            .default([])
            .describe("Further names or addresses for the certificate."),
        image: image("Image of the registry (distribution 3).", "docker.io/library/registry:3.1.2"),
        exposure: z
            .enum(["passthrough", "clusterOnly"])
            .default("passthrough")
            .describe(
                "`passthrough`: Traefik hands the TLS connection to the registry. `clusterOnly`: no way in from outside.",
            ),
        users: z
            .array(user)
            .min(1, "at least one user is needed")
            .default([{ name: "registry" }])
            .describe("Users. Each gets a generated password unless `passwords` has one."),
        storage: storage.prefault({}),
        certificate: certificate.prefault({}),
        pullSecret: pullSecret.prefault({}),
        proof: proof.prefault({}),
    })
    .superRefine((value, context) => {
        const names = value.users.map((one) => one.name);
        const twice = names.filter((name, index) => names.indexOf(name) !== index);
        for (const name of twice)
            context.addIssue({ code: "custom", path: ["users"], message: `the user ${name} is named twice` });
        const chosen = value.pullSecret.user;
        if (chosen !== undefined && !names.includes(chosen)) {
            context.addIssue({
                code: "custom",
                path: ["pullSecret", "user"],
                message: `allowed are the users: ${names.join(", ")}`,
            });
        }
    });

const nodeTrust = z.strictObject({
    namespace: objectName(
        "Namespace that the agent runs in. Who may edit ConfigMaps there decides which registries nodes trust.",
        "node-ca-trust",
    ),
    image: image("Image of the agent. Any with a POSIX shell will do.", "docker.io/library/registry:3.1.2"),
    registryDirectory: z
        .string()
        .regex(/^\/[^:]+$/, "allowed is one absolute path without ':'")
        .default("/etc/containerd/certs.d")
        .describe("Directory on the node that containerd's `config_path` names."),
    reachBy: z
        .enum(["clusterAddress", "host"])
        .default("clusterAddress")
        .describe(
            "How nodes reach the registry. `clusterAddress`: the Service's address, with no DNS. `host`: its public name.",
        ),
});

/** The settings that are one value, and always have one. `Pulumi.yaml` declares these. */
export const scalars = {
    clusterIdentifier: z
        .string()
        .min(1)
        .default("site")
        .describe("Identity of the cluster: while it stays, another kubeconfig for the same cluster replaces nothing."),
    clusterDomain: z
        .string()
        .regex(dnsOrLabel(), "allowed is a DNS name")
        .default("cluster.local")
        .describe("DNS domain of the cluster's services."),
};

/** The whole configuration: scalars and sections. A section that is absent turns its part off. */
export const schema = z
    .strictObject({
        ...scalars,
        registry: registry.optional().describe("A registry in the cluster."),
        nodeTrust: nodeTrust.optional().describe("Nodes that trust it."),
    })
    .superRefine((value, context) => {
        const { registry: made, nodeTrust: trust } = value;
        const refuse = (path: string[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        if (trust !== undefined && made === undefined) {
            refuse(["nodeTrust"], "there is nothing to trust without a `registry` section");
        }
        if (made?.proof.enabled === true && trust === undefined) {
            const remedy = "add a `nodeTrust` section, or set it to false";
            refuse(["registry", "proof", "enabled"], `nodes cannot pull before they trust the registry: ${remedy}`);
        }
        const own = [made?.namespace, made?.proof.namespace, trust?.namespace].filter((name) => name !== undefined);
        if (!once[0](own)) {
            refuse(
                ["registry", "namespace"],
                "registry, proof and nodeTrust each make a namespace of their own: give each another name",
            );
        }
        if (made?.pullSecret.namespaces.some((name) => own.includes(name)) === true) {
            refuse(
                ["registry", "pullSecret", "namespaces"],
                "allowed are namespaces that are there already, not those this stack makes",
            );
        }
        if (made?.extraHosts.includes(made.host) === true) {
            refuse(["registry", "extraHosts"], "allowed are hosts other than registry.host");
        }
    });

/** The plain settings, checked. */
export type PlainSettings = z.infer<typeof schema>;

function dnsOrLabel(): RegExp {
    return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
}
