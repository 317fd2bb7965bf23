import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { eventually, run } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { NodePulls } from "../support/nodePulls.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { SideRegistries } from "../support/sideRegistries.ts";

const name = "mirrors";
const host = `${name}.site.test`;
const upstream = "upstream.site.test:5000";
const [selfSigned, plain] = ["self-signed.site.test:5000", "plain.site.test:5000"];
const store = "/etc/ssl/certs/ca-certificates.crt";
const kept = `/root/${name}-before`;

describe("mirrors, logins of nodes and insecure registries", () => {
    let lab: Lab;
    let site: ScratchSite;
    let sides: SideRegistries;
    let pulls: NodePulls;
    /** The nodes whose runtime heeds a login in a file. */
    let newer: string[];
    let login: { user: string; password: string };
    let address: string;

    async function on(machine: string, script: string, input = ""): Promise<string> {
        const { code, stdout, stderr } = await lab.exec(machine, ["sh", "-euc", script], { input });
        assert.equal(code, 0, `${machine}: ${script}: ${stderr}`);
        return stdout;
    }
    const onNodes = (script: string, input?: string): Promise<string[]> =>
        Promise.all(lab.nodes.map((node) => on(node, script, input)));

    /** Every node starts the image. */
    async function pulled(image: string, options?: { login?: boolean }): Promise<void> {
        const words = await Promise.all(lab.nodes.map((node) => pulls.attempt(node, image, options)));
        assert.deepEqual(
            words,
            lab.nodes.map(() => undefined),
        );
    }
    /** No node gets the image. Returns what each runtime says. */
    async function refused(image: string, options?: { login?: boolean }): Promise<string[]> {
        const words = await Promise.all(lab.nodes.map((node) => pulls.attempt(node, image, options)));
        return words.map((said, index) => said ?? assert.fail(`${lab.nodes[index] ?? ""} pulled ${image}`));
    }

    before(async () => {
        lab = await runningLab();
        sides = new SideRegistries(lab, `${name}-sides`);
        await sides.remove();
        await sides.prepare(["hub", "far", "near", "odd", "clear"]);
        const authority = makeCertificate({ name: "Upstream CA", ca: true });
        const signed = makeCertificate({ name: "upstream", issuer: authority, names: ["upstream.site.test"] });
        const own = makeCertificate({ name: "nobody", names: ["nobody.site.test"] });
        const addresses = await Promise.all([
            sides.start("upstream", signed),
            sides.start("self-signed", own),
            sides.start("plain"),
        ]);
        const [far, odd, clear] = addresses;
        await sides.push("far", `${far}:5000/team/far:1`);
        await sides.push("odd", `${odd}:5000/team/odd:1`);
        await sides.push("clear", `${clear}:5000/team/clear:1`);
        // A runtime reads the machine's own roots when it starts.
        await onNodes(
            `mkdir -p ${kept}; cp -p /etc/hosts ${store} ${kept}; cat >>${store}; systemctl restart containerd`,
            authority.certificate,
        );
        await onNodes(
            "cat >>/etc/hosts",
            [upstream, selfSigned, plain]
                .map((one, index) => `${addresses[index] ?? ""} ${one.replace(":5000", "")}\n`)
                .join(""),
        );
        site = new ScratchSite(lab, name, {
            ...{ storage: { size: "1Gi", keepOnDestroy: false } },
            proof: { enabled: false, namespace: `${name}-proof` },
        });
        await site.prepare();
        await site.up();
        const { user, password } = await site.access();
        login = { user, password };
        pulls = new NodePulls(lab, `${name}-pulls`);
        await pulls.prepare([host, "docker.io", upstream].map((one) => ({ host: one, ...login })));
        address = `${await site.kubectl("get", "service", site.namespace, "-o", "jsonpath={.spec.clusterIP}")}:5000`;
        await sides.push("hub", `${address}/mirror/docker.io/library/hub:1`, login);
        await sides.push("near", `${address}/mirror/upstream/team/near:1`, login);
        const nodes = JSON.parse(await mustKubectl(lab, ["get", "nodes", "-o", "json"])) as {
            items: { metadata: { name: string }; status: { nodeInfo: { containerRuntimeVersion: string } } }[];
        };
        newer = nodes.items
            .filter(({ status }) => !status.nodeInfo.containerRuntimeVersion.startsWith("containerd://1."))
            .map(({ metadata }) => metadata.name);
    });
    after(async () => {
        await site.destroy();
        await pulls.remove();
        await sides.remove();
        await onNodes(
            `cat ${kept}/hosts >/etc/hosts; cat ${kept}/ca-certificates.crt >${store}; rm -r ${kept}; systemctl restart containerd`,
        );
    });

    it("an upstream's images come from the site's registry, and without fall-back from nowhere else", async () => {
        const before = await refused("docker.io/library/hub:1");
        for (const words of before) assert.match(words, /docker\.io/);
        site.changeTrust({
            mirrors: [
                { upstream: "docker.io", path: "mirror/docker.io", fallback: false },
                { upstream, path: "mirror/upstream" },
            ],
        });
        await site.up();
        await pulled("docker.io/library/hub:1");
        for (const words of await refused("docker.io/library/absent:1")) {
            assert.ok(words.includes(`docker.io/library/absent:1: not found`), words);
            assert.doesNotMatch(words, /registry-1\.docker\.io/);
        }
    });

    it("with fall-back, the upstream is asked for what the mirror has not got", async () => {
        await pulled(`${upstream}/team/near:1`);
        await pulled(`${upstream}/team/far:1`);
        for (const words of await refused(`${upstream}/team/absent:1`)) assert.match(words, /not found/);
    });

    it("a registry without a certificate that holds, or without TLS, only once it is named", async () => {
        for (const words of await refused(`${selfSigned}/team/odd:1`)) assert.match(words, /x509: /);
        for (const words of await refused(`${plain}/team/clear:1`)) assert.match(words, /HTTP response to HTTPS/);
        site.changeTrust({ insecureRegistries: [selfSigned, plain] });
        const said = await site.pulumi("up", "--yes", "--skip-preview");
        assert.match(said, new RegExp(`do not check the certificate of ${selfSigned}, ${plain}`));
        await pulled(`${selfSigned}/team/odd:1`);
        await pulled(`${plain}/team/clear:1`);
        // The mirrors went with their lines.
        for (const words of await refused(`${upstream}/team/near:1`)) assert.match(words, /not found/);
    });

    it("a login of the nodes is refused where a runtime heeds none, and else pulls without a pull secret", async () => {
        const older = lab.nodes.filter((node) => !newer.includes(node));
        const key = 'siteregistry:nodeCredentials["' + host + '"]';
        const set = async (member: string, input: string): Promise<void> => {
            const argv = site.stack.command(["config", "set", "--secret", "--path", `${key}.${member}`]);
            const done = await run(argv, { cwd: checkout, env: site.stack.environment(), input });
            assert.equal(done.code, 0, done.stderr);
        };
        await sides.push("near", `${address}/team/near:1`, login);
        for (const words of await refused(`${host}/team/near:1`, { login: false }))
            assert.match(words, /no basic auth credentials|authorization failed|unauthorized/i);
        site.changeTrust({ mirrors: [{ upstream: "docker.io", path: "mirror/docker.io", fallback: false }] });
        await set("user", login.user);
        await set("password", login.password);
        if (older.length > 0) {
            const { code, stdout, stderr } = await site.stack.pulumi(["up", "--yes", "--skip-preview"]);
            assert.notEqual(code, 0);
            const said = stdout + stderr;
            assert.match(said, new RegExp(`nodeCredentials: ${older.join(", ")}: containerd 1 takes no credentials`));
            assert.ok(!said.includes(login.password));
        }
        const [node] = newer;
        // Debian's containerd alone cannot do any of the rest.
        if (node === undefined) return;
        await mustKubectl(lab, ["label", "node", node, `${name}.test/logins=yes`]);
        try {
            site.changeTrust({
                mirrors: [{ upstream: "docker.io", path: "mirror/docker.io", fallback: false }],
                pools: [{ name: "default", selector: { [`${name}.test/logins`]: "yes" } }],
            });
            await site.up();
            assert.equal(await pulls.attempt(node, `${host}/team/near:1`, { login: false }), undefined);
            assert.equal(await pulls.attempt(node, "docker.io/library/hub:1", { login: false }), undefined);
            const file = `/etc/containerd/certs.d/${host}/hosts.toml`;
            assert.match(await on(node, `stat -c %a ${file}`), /^600$/m);
            // Nodes that no pool wants any more have forgotten.
            for (const other of older)
                await eventually(`${other} to forget`, 60, async () => {
                    const { code } = await lab.exec(other, ["test", "-e", `/etc/containerd/certs.d/${host}`]);
                    return code !== 0;
                });
        } finally {
            site.changeTrust({});
            await mustKubectl(lab, ["label", "node", node, `${name}.test/logins-`]);
        }
    });
});
