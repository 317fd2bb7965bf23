import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { eventually, run } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "trust";
const host = `${name}.site.test`;
const folder = `/etc/containerd/certs.d/${host}`;
/** Somebody else's, for the same host. */
const foreign = '[host."https://cache.site.test"]\ncapabilities = ["pull"]\n';

interface Told {
    nodes: { node: string; status: string; warnings: string[] }[];
    machines: { host: string; status: string; paths: string[] }[];
}

describe("trust on nodes, and on a machine over SSH", () => {
    let lab: Lab;
    let site: ScratchSite;
    let untouched: string[];

    async function on(machine: string, script: string): Promise<string> {
        const { code, stdout, stderr } = await lab.exec(machine, ["sh", "-euc", script]);
        assert.equal(code, 0, `${machine}: ${stderr}`);
        return stdout;
    }

    /** Paths, modes and content of what trust may touch, on every machine that has it. */
    function snapshot(): Promise<string[]> {
        const look =
            "find /etc/containerd /etc/hosts -printf '%p %m %l\\n' | sort; find /etc/containerd /etc/hosts -type f | sort | xargs sha256sum";
        return Promise.all([...lab.nodes, "host1"].map((machine) => on(machine, look)));
    }

    before(async () => {
        lab = await runningLab();
        const { address, port, sudoer: user, hostKey, privateKey } = lab.ssh();
        await on(
            "host1",
            `mkdir -p ${folder}; rm -rf ${folder}/*; umask 027; printf '%s' '${foreign}' >${folder}/hosts.toml`,
        );
        untouched = await snapshot();
        site = new ScratchSite(lab, name, { storage: { size: "1Gi", keepOnDestroy: false } });
        await site.prepare();
        site.changeTrust({ hosts: [{ name: "host1", address, port, user, hostKey }] });
        const set = site.stack.command(["config", "set", "--secret", "--path", 'siteregistry:sshKeys["host1"]']);
        const done = await run(set, { cwd: checkout, env: site.stack.environment(), input: privateKey });
        assert.equal(done.code, 0, done.stderr);
    });
    after(async () => {
        await site.destroy();
        await on("host1", `rm -rf ${folder}`);
    });

    it("comes with the site, and every machine says so", async () => {
        await site.up();
        const { nodes, machines } = (await site.stack.facts()) as unknown as Told;
        assert.deepEqual(
            nodes.map(({ node, status, warnings }) => [node, status, warnings]),
            lab.nodes.map((node) => [node, "applied", []]),
        );
        assert.deepEqual(machines, [{ ...machines[0], host: "host1", status: "applied", paths: [folder] }]);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("is what a client on the machine needs, beside what others had written there", async () => {
        const text = await on("host1", `cat ${folder}/hosts.toml`);
        assert.ok(text.startsWith(foreign), text);
        const answer = `curl --silent --output /dev/null --write-out '%{http_code}' --resolve ${host}:443:${lab.ingressAddress}`;
        assert.equal(await on("host1", `${answer} --cacert ${folder}/siteregistry-*.crt https://${host}/v2/`), "401");
    });

    it("is what npm run status tells, node by node", async () => {
        const command = ["node", "tools/status.ts", "--stack", site.stack.name, "--config-file", site.stack.file];
        const { code, stdout, stderr } = await run(command, { cwd: checkout, env: site.stack.environment() });
        assert.equal(code, 0, stderr);
        for (const node of lab.nodes) assert.match(stdout, new RegExp(`${node}\\s.*containerd.*applied`));
    });

    it("is mended within a minute when it is changed by hand", async () => {
        const [node = ""] = lab.nodes;
        const text = await on(node, `cat ${folder}/hosts.toml`);
        await on(node, `echo 'skip_verify = true' >>${folder}/hosts.toml; rm ${folder}/siteregistry-*.crt`);
        await eventually("mending", 60, async () => {
            const now = await on(node, `ls ${folder} | wc -l; cat ${folder}/hosts.toml`);
            return now === `2\n${text}`;
        });
    });

    it("is forgotten by every machine, to the byte", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await snapshot(), untouched);
    });
});
