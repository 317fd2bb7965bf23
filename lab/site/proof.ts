import { mustKubectl } from "../addons/kubectl.ts";
import { demoImageName } from "../images/demo.ts";
import type { Lab } from "../lab.ts";
import type { Report } from "../report.ts";
import type { SiteFacts } from "./stack.ts";

/** Where the proof keeps its things on the outside machine. */
const folder = "/root/proof";
const repository = "demo/hello";
const tag = "1.0";
/** The Secret that the stack `dev` puts into the namespace `default`. */
const pullSecret = "image-registry-pull";

/**
 * Proves the site with real clients: from the outside machine over the ingress host, and on every node through
 * its kubelet and containerd. Throws with what was said where something does not hold.
 */
export async function proveSite(lab: Lab, facts: SiteFacts, report: Report): Promise<void> {
    const user = facts.users[0] ?? "";
    const password = facts.passwords[user] ?? "";
    const { host } = facts;
    const archive = lab.archives[demoImageName];
    if (archive === undefined) throw new Error(`the lab has no image ${demoImageName}`);
    const outside = new Outside(lab, host, user, password);

    await lab.setOutsideHosts({ [host]: lab.ingressAddress });
    await outside.trust(facts.caBundle);
    await report.stage(`outside machine: log in to ${host} as ${user}`, () => outside.login());
    await report.stage(`outside machine: push ${repository}:${tag} with skopeo`, () => outside.push(archive));
    await report.stage("outside machine: the catalog and the tags", () => outside.looksInside());
    await report.stage("outside machine: a wrong password and plain HTTP are refused", () => outside.isRefused());
    await Promise.all(
        lab.nodes.map((node) =>
            report.stage(`${node}: a pod starts from ${host}/${repository}:${tag}`, () => startPod(lab, node, host)),
        ),
    );
}

/** A laptop that knows the registry by its public name only. */
class Outside {
    private readonly lab: Lab;
    private readonly host: string;
    private readonly user: string;
    private readonly password: string;

    constructor(lab: Lab, host: string, user: string, password: string) {
        this.lab = lab;
        this.host = host;
        this.user = user;
        this.password = password;
    }

    private async sh(script: string, input = ""): Promise<string> {
        const result = await this.lab.exec("outside", ["sh", "-euc", script], { input });
        if (result.code !== 0) throw new Error(`outside machine: ${(result.stderr || result.stdout).trim()}`);
        return result.stdout;
    }

    /** Puts the roots where docker, podman and skopeo look for those of one host. */
    async trust(caBundle: string): Promise<void> {
        const certificates = `/etc/docker/certs.d/${this.host}`;
        await this.sh(`mkdir -p ${folder} ${certificates}; cat >${certificates}/ca.crt`, caBundle);
    }

    async login(): Promise<void> {
        await this.sh(
            `skopeo login --authfile ${folder}/auth.json --username '${this.user}' --password-stdin ${this.host}`,
            this.password,
        );
    }

    async push(archive: string): Promise<void> {
        await this.lab.copyTo("outside", archive, `${folder}/image.tar`);
        await this.sh(
            `skopeo copy --authfile ${folder}/auth.json docker-archive:${folder}/image.tar docker://${this.host}/${repository}:${tag}`,
        );
    }

    async looksInside(): Promise<void> {
        const catalog = JSON.parse(await this.get("/v2/_catalog")) as { repositories: string[] };
        if (!catalog.repositories.includes(repository))
            throw new Error(`the catalog lacks ${repository}: ${JSON.stringify(catalog)}`);
        const tags = JSON.parse(await this.get(`/v2/${repository}/tags/list`)) as { tags: string[] };
        if (!tags.tags.includes(tag)) throw new Error(`${repository} lacks the tag ${tag}: ${JSON.stringify(tags)}`);
    }

    /** The login comes by standard input: a command line can be read by every user of a machine. */
    private async get(path: string): Promise<string> {
        return this.sh(
            `curl --silent --show-error --fail --max-time 20 --cacert /etc/docker/certs.d/${this.host}/ca.crt --config - https://${this.host}${path}`,
            `user = ${JSON.stringify(`${this.user}:${this.password}`)}\n`,
        );
    }

    async isRefused(): Promise<void> {
        const wrong = await this.status(`https://${this.host}/v2/`, "wrong");
        if (wrong !== "401") throw new Error(`a wrong password is answered with ${wrong} instead of 401`);
        // A registry would say 200 or 401; Traefik, which has no such host on its plain port, says 404.
        const plain = await this.status(`http://${this.host}/v2/`, "wrong");
        if (plain !== "404") throw new Error(`plain HTTP is answered with ${plain} instead of 404`);
    }

    private async status(url: string, password: string): Promise<string> {
        const script = `curl --silent --output /dev/null --write-out '%{http_code}' --max-time 20 --cacert /etc/docker/certs.d/${this.host}/ca.crt --config - ${url} || true`;
        return (await this.sh(script, `user = ${JSON.stringify(`${this.user}:${password}`)}\n`)).trim();
    }
}

/** Starts a pod on one node from the image that was pushed, and takes it away again. */
async function startPod(lab: Lab, node: string, host: string): Promise<void> {
    const name = `pull-${node}`;
    const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default" },
        spec: {
            nodeName: node,
            restartPolicy: "Never",
            imagePullSecrets: [{ name: pullSecret }],
            containers: [
                {
                    name: "main",
                    image: `${host}/${repository}:${tag}`,
                    imagePullPolicy: "Always",
                    command: ["cat", "/etc/demo"],
                },
            ],
        },
    };
    await lab.kubectl(["delete", "pod", name, "--ignore-not-found", "--now"]);
    await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(pod));
    const ended = await lab.kubectl([
        "wait",
        `pod/${name}`,
        "--for=jsonpath={.status.phase}=Succeeded",
        "--timeout=120s",
    ]);
    if (ended.code !== 0) {
        const events = await lab.kubectl(["get", "events", "--field-selector", `involvedObject.name=${name}`]);
        throw new Error(`the pod on ${node} did not run: ${ended.stderr.trim()}\n${events.stdout}`);
    }
    const said = await lab.kubectl(["logs", name]);
    if (!said.stdout.startsWith("Pulled from")) throw new Error(`the pod on ${node} said "${said.stdout.trim()}"`);
    await lab.kubectl(["delete", "pod", name, "--now"]);
}
