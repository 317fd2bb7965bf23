import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";
import { refusal, TrustedNodes } from "../support/trustedNodes.ts";

const name = "layouts";
const host = `${name}.site.test:5000`;
const certs = "/etc/containerd/certs.d";
const config = "/etc/containerd/config.toml";
const kept = `/root/${name}-config.toml`;
const list = `${certs}:/etc/docker/certs.d`;

describe("what nodes may have that trust must know of", () => {
    let lab: Lab;
    let site: ScratchSite;
    let nodes: TrustedNodes;
    let untouched: string[];
    let first: string;
    let last: string;
    /** Whether the last node's runtime takes a list of directories for one. */
    let takesListForOne: boolean;

    /** Gives containerd of a node another `config_path`. */
    async function configPath(node: string, value: string): Promise<void> {
        await nodes.on(
            node,
            `test -e ${kept} || cp -p ${config} ${kept}; sed 's#^\\( *config_path = \\).*#\\1"${value}"#' ${kept} >${config}; systemctl restart containerd`,
        );
        await eventually(`containerd of ${node}`, 60, () => nodes.isReady(node));
    }
    const mended = (node: string): Promise<string> =>
        nodes.on(node, `if [ -e ${kept} ]; then cat ${kept} >${config}; rm ${kept}; systemctl restart containerd; fi`);

    before(async () => {
        lab = await runningLab();
        nodes = new TrustedNodes(lab);
        [first = "", last = ""] = lab.nodes;
        takesListForOne = !(await nodes.on(last, "containerd --version")).includes(" 1.");
        untouched = await nodes.snapshot();
        const storage = { size: "1Gi", keepOnDestroy: false };
        site = new ScratchSite(lab, name, { exposure: "clusterOnly", host, storage });
        await site.prepare();
    });
    after(async () => {
        await site.destroy();
        for (const node of lab.nodes) await mended(node);
        await nodes.onAll(`rm -rf ${certs}/_backup ${certs}/${host.replace(":", "_")}_`);
    });

    it("each node says what keeps its runtime from reading what is written, and what to do", async () => {
        const shadow = `${certs}/${host.replace(":", "_")}_`;
        await nodes.on(first, `mkdir ${shadow}`);
        await configPath(last, list);
        site.changeTrust({ timeoutSeconds: 30 });
        const said = await refusal(site, "up", "--yes", "--skip-preview");
        assert.match(said, new RegExp(`${first}: ${shadow} exists on the node, and containerd reads it instead`));
        if (takesListForOne) {
            assert.match(said, new RegExp(`${last}: colon-list: config_path is ${list}, which containerd 2 takes for`));
            assert.match(said, /or set mend to link/);
        }
        await nodes.on(first, `rmdir ${shadow}`);
        await configPath(first, "");
        const again = await refusal(site, "up", "--yes", "--skip-preview");
        assert.match(
            again,
            new RegExp(`${first}: ${config} sets no config_path, .*: write config_path = "${certs}" below`),
        );
        await mended(first);
    });

    it("Spegel's directory is written to as well and a list of directories gets a link on request, and both are said", async () => {
        // Spegel moves what it finds there, and puts it back when it goes.
        await nodes.on(
            first,
            `mkdir -p ${certs}/_backup/docker.io; echo 'server = "x"' >${certs}/_backup/docker.io/hosts.toml`,
        );
        site.changeTrust({ mend: "link" });
        // With the proof: both nodes pull.
        const said = await site.pulumi("up", "--yes", "--skip-preview");
        assert.match(said, new RegExp(`${first}: Spegel keeps ${certs}/_backup`));
        assert.match(said, new RegExp(`${last}: colon-list: `));
        const [here, there] = [`${certs}/${host}`, `${certs}/_backup/${host}`];
        await nodes.on(first, `cmp ${here}/hosts.toml ${there}/hosts.toml; ls ${there}/*.crt`);
        if (takesListForOne) assert.equal(await nodes.on(last, `readlink ${list}`), `${certs}\n`);
        await site.pulumi("destroy", "--yes", "--skip-preview");
        await nodes.on(first, `rm -r ${certs}/_backup`);
        await mended(last);
        assert.deepEqual(await nodes.snapshot(), untouched);
    });
});
