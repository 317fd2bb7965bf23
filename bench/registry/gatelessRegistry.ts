import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";

const namespace = "bench-gateless";
const port = 5000;
const storage = "/var/lib/lab-storage/bench-gateless";

/** Whose certificate and users the registry takes over. */
export interface GatelessRegistryArgs {
    node: string;
    image: string;
    /** A further host of the site, which its certificate is for. Here it leads to this registry. */
    host: string;
    /** Namespace of the site's registry, and prefix of the names of its Secrets. */
    site: string;
}

/**
 * Starts the same image on the same node behind the same ingress, with TLS, users and roles for all: distribution's own, without
 * anything of ours in the way. So it shows what the way in costs by itself, on the machine it runs on.
 */
export async function startGatelessRegistry(
    lab: Lab,
    args: GatelessRegistryArgs,
): Promise<{ readonly storage: string; readonly remove: () => Promise<void> }> {
    const secrets = await Promise.all(
        ["certs", "users"].map(async (role) => {
            const words = ["-n", args.site, "get", "secret", `${args.site}-${role}`, "-o", "jsonpath={.data}"];
            const { stdout } = await lab.kubectl(words);
            return { ...object("v1", "Secret", role), data: JSON.parse(stdout) as unknown };
        }),
    );
    await mustKubectl(lab, ["create", "namespace", namespace]);
    const items = [...secrets, ...objects(args)];
    await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await mustKubectl(lab, ["-n", namespace, "wait", "pod/registry", "--for=condition=Ready", "--timeout=120s"]);
    return {
        storage,
        remove: async () => {
            await mustKubectl(lab, ["delete", "namespace", namespace]);
            await lab.exec(args.node, ["rm", "-rf", storage]);
        },
    };
}

function object(
    apiVersion: string,
    kind: string,
    name: string,
): { apiVersion: string; kind: string; metadata: object } {
    return { apiVersion, kind, metadata: { name, namespace, labels: { "bench-gateless": name } } };
}

function objects({ node, image, host }: GatelessRegistryArgs): object[] {
    const config = {
        version: "0.1",
        log: { level: "info", accesslog: { disabled: false } },
        storage: { filesystem: { rootdirectory: "/data" } },
        http: {
            ...{ addr: `:${port.toString()}`, relativeurls: true },
            tls: { certificate: "/certs/tls.crt", key: "/certs/tls.key" },
        },
        auth: { htpasswd: { realm: host, path: "/users/htpasswd" } },
    };
    const mounts = ["config", "data", "certs", "users"].map((name) => ({ name, mountPath: `/${name}` }));
    const container = {
        ...{ name: "registry", image, imagePullPolicy: "IfNotPresent", args: ["/config/config.yml"] },
        env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
        readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
        volumeMounts: mounts,
    };
    const volumes = [
        { name: "config", configMap: { name: "config" } },
        { name: "data", hostPath: { path: storage, type: "DirectoryOrCreate" } },
        { name: "certs", secret: { secretName: "certs" } },
        { name: "users", secret: { secretName: "users" } },
    ];
    // The site has a route for this host as well: the greater priority wins.
    const route = { match: `HostSNI(\`${host}\`)`, priority: 10_000, services: [{ name: "registry", port }] };
    return [
        { ...object("v1", "ConfigMap", "config"), data: { "config.yml": JSON.stringify(config) } },
        { ...object("v1", "Pod", "registry"), spec: { nodeName: node, containers: [container], volumes } },
        {
            ...object("v1", "Service", "registry"),
            spec: { selector: { "bench-gateless": "registry" }, ports: [{ port }] },
        },
        {
            ...object("traefik.io/v1alpha1", "IngressRouteTCP", "registry"),
            spec: { entryPoints: ["websecure"], routes: [route], tls: { passthrough: true } },
        },
    ];
}
