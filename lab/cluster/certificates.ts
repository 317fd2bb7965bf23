import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../machines/command.ts";
import { apiServiceAddress, clusterDomain, controlPlane, nodes } from "../network/plan.ts";

/** A key and its certificate, as PEM. */
export interface KeyPair {
    readonly key: string;
    readonly certificate: string;
}

/** Every identity of the cluster. Made anew for each lab, so that none is ever worth keeping. */
export interface Certificates {
    readonly ca: KeyPair;
    readonly apiServer: KeyPair;
    readonly apiServerToKubelet: KeyPair;
    readonly controllerManager: KeyPair;
    readonly scheduler: KeyPair;
    readonly proxy: KeyPair;
    readonly admin: KeyPair;
    /** One per node, by its name: for its kubelet as a client of the API server and as a server. */
    readonly kubelets: ReadonlyMap<string, KeyPair>;
    /** Signs service account tokens; the certificate only carries the public key. */
    readonly serviceAccounts: KeyPair;
}

/** What a certificate is for. */
interface Request {
    readonly file: string;
    readonly commonName: string;
    readonly organization?: string;
    readonly names?: readonly string[];
}

/** Longer than any lab lives; a fresh one comes with the next `up`. */
const days = "365";

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes all certificates in an empty directory, which the caller removes. */
export async function makeCertificates(directory: string): Promise<Certificates> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const config = join(directory, "openssl.cnf");
    // The system's configuration would add extensions of its own choice.
    writeFileSync(config, "[req]\ndistinguished_name = name\n[name]\n");
    const read = (file: string): KeyPair => ({
        key: readFileSync(join(directory, `${file}.key`), "utf8"),
        certificate: readFileSync(join(directory, `${file}.crt`), "utf8"),
    });
    const openssl = (
        file: string,
        subject: string,
        extensions: readonly string[],
        more: readonly string[],
    ): Promise<string> =>
        must([
            ...["openssl", "req", "-x509", "-config", config, ...curve, "-days", days, "-subj", subject],
            ...["-keyout", join(directory, `${file}.key`), "-out", join(directory, `${file}.crt`)],
            ...extensions.flatMap((extension) => ["-addext", extension]),
            ...more,
        ]);
    await openssl(
        "ca",
        "/CN=siteregistry lab",
        ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"],
        [],
    );
    const issue = async ({ file, commonName, organization, names = [] }: Request): Promise<KeyPair> => {
        const subject = `${organization === undefined ? "" : `/O=${organization}`}/CN=${commonName}`;
        const extensions = ["basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth,clientAuth"];
        if (names.length > 0) extensions.push(`subjectAltName=${names.join(",")}`);
        await openssl(file, subject, extensions, [
            "-CA",
            join(directory, "ca.crt"),
            "-CAkey",
            join(directory, "ca.key"),
        ]);
        return read(file);
    };
    const admins = "system:masters";
    const apiNames = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        `kubernetes.default.svc.${clusterDomain}`,
        "localhost",
    ];
    const apiAddresses = [apiServiceAddress, controlPlane.address, "127.0.0.1"];
    const [apiServer, apiServerToKubelet, controllerManager, scheduler, proxy, admin, serviceAccounts, ...kubelets] =
        await Promise.all([
            issue({
                file: "apiserver",
                commonName: "kube-apiserver",
                names: [...apiNames.map((name) => `DNS:${name}`), ...apiAddresses.map((address) => `IP:${address}`)],
            }),
            issue({ file: "apiserver-kubelet", commonName: "kube-apiserver-kubelet-client", organization: admins }),
            issue({ file: "controller-manager", commonName: "system:kube-controller-manager" }),
            issue({ file: "scheduler", commonName: "system:kube-scheduler" }),
            issue({ file: "proxy", commonName: "system:kube-proxy" }),
            issue({ file: "admin", commonName: "lab-admin", organization: admins }),
            issue({ file: "service-accounts", commonName: "service-accounts" }),
            ...nodes.map(({ name, address }) =>
                issue({
                    file: `kubelet-${name}`,
                    commonName: `system:node:${name}`,
                    organization: "system:nodes",
                    names: [`DNS:${name}`, `IP:${address}`],
                }),
            ),
        ]);
    return {
        ...{
            ca: read("ca"),
            apiServer,
            apiServerToKubelet,
            controllerManager,
            scheduler,
            proxy,
            admin,
            serviceAccounts,
        },
        kubelets: new Map(
            nodes.flatMap(({ name }, index) => (kubelets[index] === undefined ? [] : [[name, kubelets[index]]])),
        ),
    };
}
