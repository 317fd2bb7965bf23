import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { hashPassword } from "../../components/registry/users.ts";
import { mustKubectl } from "../../lab/addons/kubectl.ts";
import { writeRandomImages } from "../../lab/images/randomImages.ts";
import type { Lab } from "../../lab/lab.ts";
import { must } from "../../lab/machines/command.ts";
import { Stack } from "../../lab/site/stack.ts";
import { RealOutside } from "../harbor/realOutside.ts";
import { HarborServer } from "../harbor/server.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { NodePulls } from "../support/nodePulls.ts";
import { freePort, RealRegistry, registryBinary, skopeoOfTheLab } from "../support/realRegistry.ts";
import { runningLab } from "../support/runningLab.ts";
import { SiteDoor } from "../support/siteDoor.ts";
import { TrustedNodes } from "../support/trustedNodes.ts";

const name = "harbor-pull";
const domain = `${name}.site.test`;
const pods = `${name}-pods`;
const trust = `${name}-trust`;
/** Of both registries: the one that Harbor copies from, and the one behind it. */
const login = { user: "harbor", password: "a-password-of-a-test" };
const salt = "abcdefghijklmnopqrstuv";

/**
 * The whole of an air-gapped site: the stack fills a Harbor, its nodes trust that and pull from it as a robot. The Harbor is the stand-in, which
 * speaks TLS and asks for a robot's secret, with a real registry behind it and another one to copy from; both want TLS and a login.
 */
describe("nodes that pull from a Harbor", () => {
    let lab: Lab;
    let folder: string;
    let source: RealRegistry;
    let own: RealRegistry;
    let harbor: HarborServer;
    let door: SiteDoor;
    let stack: Stack;
    let nodes: TrustedNodes;
    let pulls: NodePulls;
    let untouched: string[];
    let host: string;

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        pulls = new NodePulls(lab, pods);
        folder = mkdtempSync(join(tmpdir(), `${name}-`));
        const skopeo = skopeoOfTheLab();
        const binary = await registryBinary();
        const ca = makeCertificate({ name: "an authority", ca: true });
        const signed = (host: string) => makeCertificate({ name: host, issuer: ca, names: [host] });
        const manner = {
            tls: signed("127.0.0.1"),
            htpasswd: `${login.user}:${hashPassword(login.password, salt, 5)}\n`,
        };
        source = await RealRegistry.start(binary, join(folder, "source"), manner);
        own = await RealRegistry.start(binary, join(folder, "own"), manner);
        const layout = join(folder, "layout");
        const names = lab.nodes.map((node) => `for-${node}`);
        await writeRandomImages(
            layout,
            names.map((one) => ({ name: one, layers: 1, layerBytes: 64 << 10 })),
        );
        const creds = `${login.user}:${login.password}`;
        const copy = [...skopeo, "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", creds];
        for (const one of names)
            await must([...copy, `oci:${layout}:${one}`, `docker://${source.host}/team/app:${one}`]);

        const port = await freePort();
        host = `${domain}:${port.toString()}`;
        const { certificate: cert, key } = signed(domain);
        const credential = { type: "basic", key: login.user, secret: login.password };
        harbor = await HarborServer.start({
            ...{ port, tls: { cert, key }, externalUrl: `https://${host}` },
            ...{ outside: new RealOutside(skopeo), refreshMs: 500 },
            local: { url: own.url, insecure: false, caCertificate: ca.certificate, credential },
        });
        door = await SiteDoor.open(lab, name, port);
        untouched = await nodes.snapshot();
        await mustKubectl(lab, ["create", "namespace", pods]);
        stack = new Stack("casd", join(folder, "site"), lab.kubeconfig, name);
        await stack.prepare();
        stack.set((config) => {
            config["siteregistry:harbor"] = {
                ...{ url: `https://${host}`, caBundle: ca.certificate },
                endpoints: [
                    {
                        ...{ name: "source", type: "docker-registry", url: source.url },
                        ...{ accessKey: login.user, caBundle: ca.certificate },
                    },
                ],
                projects: [{ name: "mirror", deleteContents: true }],
                rules: [
                    {
                        ...{ name: "team", mode: "pull", endpoint: "source", destinationNamespace: "mirror" },
                        ...{ filters: [{ type: "name", value: "team/**" }], run: { when: "onChange" } },
                    },
                ],
                robots: [{ name: "nodes", role: "pull", projects: ["mirror"] }],
                // The name by which the pods of `NodePulls` ask for it.
                pullSecret: { robot: "nodes", name: "login", namespaces: [pods] },
            };
            config["siteregistry:nodeTrust"] = {
                ...{ namespace: trust, reachBy: "host" },
                hostsEntries: [{ host: domain, address: door.address }],
            };
        });
        for (const [key, secret] of [
            ["admin", "Harbor12345"],
            ["endpoints.source", login.password],
        ] as const)
            await engine("config", "set", "--secret", "--path", `siteregistry:harborCredentials.${key}`, secret);
    });
    after(async () => {
        // Nothing to destroy where the test went well.
        if (stack.exists) await stack.pulumi(["destroy", "--yes", "--skip-preview"], variables());
        await pulls.remove();
        await door.close();
        await harbor.close();
        source.stop();
        own.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    /** What has the engine's programs find the Harbor under the name that nodes know. */
    const variables = (): Record<string, string> => {
        const preload = pathToFileURL(join(import.meta.dirname, "../support/loopbackName.ts"));
        return { LOOPBACK_NAME: domain, NODE_OPTIONS: `--import=${preload.href}` };
    };
    const engine = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await stack.pulumi(args, variables());
        assert.equal(code, 0, `${stdout}${stderr}`);
        return stdout;
    };
    const image = (node: string): string => `${host}/mirror/app:for-${node}`;

    it("have everything after one update: the images, its root, its address and a robot's login", async () => {
        await engine("up", "--yes", "--skip-preview");
        for (const node of lab.nodes) assert.equal(await pulls.attempt(node, image(node)), undefined);
        await engine("preview", "--expect-no-changes");
        assert.deepEqual(harbor.problems, []);
    });

    it("are turned away without that login", async () => {
        for (const node of lab.nodes)
            assert.match((await pulls.attempt(node, image(node), { login: false })) ?? "", /401|authorization failed/);
    });

    it("are as they were when it goes, and no longer believe it", async () => {
        await engine("destroy", "--yes", "--skip-preview");
        stack.forget();
        assert.deepEqual(await nodes.snapshot(), untouched);
        const left = ["get", "namespace", trust, "--ignore-not-found", "--output", "name"];
        assert.equal(await mustKubectl(lab, left), "");
        const secrets = ["get", "secrets", "--namespace", pods, "--output", "name"];
        assert.equal(await mustKubectl(lab, secrets), "");
        const { registries, policies, robots } = harbor.state;
        assert.deepEqual([registries.all(), policies.all(), robots.all()], [[], [], []]);
        assert.deepEqual(
            harbor.state.projects.all().map((project) => project.name),
            ["library"],
        );
        for (const node of lab.nodes)
            assert.match((await pulls.attempt(node, image(node))) ?? "", new RegExp(`lookup ${domain}`));
    });
});
