import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { describeLoad, startPullLoad, type PullLoad } from "../support/pullLoad.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

interface Outputs {
    caBundle: string;
    caFingerprints: string[];
    certificateAuthorities: Record<string, string>;
    authorityRotation: { signing: number; highest: number };
}

describe("rotation of the authority", () => {
    let lab: Lab;
    let site: ScratchSite;
    let load: PullLoad | undefined;

    before(async () => {
        lab = await runningLab();
        site = new ScratchSite(lab, "rotation", { storage: { size: "1Gi", keepOnDestroy: false } });
        await site.prepare();
        await site.up();
    });

    after(async () => {
        await site.destroy();
    });

    afterEach(async () => {
        // Only after a failure is there one left.
        if (load !== undefined) console.log(`        ${describeLoad(await load.stop())}`);
        load = undefined;
    });

    function choose(trusted: number[], signing: number): void {
        site.change({ certificate: { ca: { trusted, signing } } });
    }

    const outputs = async (): Promise<Outputs> => JSON.parse(await site.pulumi("stack", "output", "--json")) as Outputs;

    async function step(trusted: number[], signing: number): Promise<Outputs> {
        choose(trusted, signing);
        const begun = performance.now();
        await site.up();
        const seconds = ((performance.now() - begun) / 1000).toFixed(0);
        const soFar = load === undefined ? "" : `: ${describeLoad(load.soFar())}`;
        console.log(`        up with ${JSON.stringify({ trusted, signing })} took ${seconds} s${soFar}`);
        return outputs();
    }

    /** What `preview` and `up` both say when they refuse. */
    async function refused(trusted: number[], signing: number): Promise<string> {
        choose(trusted, signing);
        let said = "";
        for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const { code, stdout, stderr } = await site.stack.pulumi(args);
            assert.notEqual(code, 0, `${args.join(" ")} went through`);
            said = `${stdout}\n${stderr}`;
            assert.match(said, /registry\.certificate\.ca\.\w+: /, said);
        }
        const line = said.split("\n").find((one) => one.includes("registry.certificate.ca."));
        console.log(`        refused: ${line?.trim() ?? ""}`);
        return said;
    }

    async function served(): Promise<X509Certificate> {
        const data = await site.kubectl("get", "secret", `${site.namespace}-certs`, "-o", "jsonpath={.data.tls\\.crt}");
        return new X509Certificate(Buffer.from(data, "base64"));
    }

    const signedBy = (leaf: X509Certificate, root: string | undefined): boolean =>
        leaf.verify(new X509Certificate(root ?? "").publicKey);

    it("costs no pull and no push on any node, from the first root to the second", async () => {
        const first = await outputs();
        assert.deepEqual(first.authorityRotation, { signing: 1, highest: 1 });
        load = await startPullLoad(lab, { access: await site.access(), name: `${site.name}-load` });
        await setTimeout(5000);

        const jump = await refused([1, 2], 2);
        assert.match(jump, /did not trust it.*set trusted to \[1, 2\] and signing to 1/);

        const both = await step([1, 2], 1);
        assert.deepEqual(Object.keys(both.certificateAuthorities), ["1", "2"]);
        assert.equal(both.certificateAuthorities["1"], first.caBundle);
        assert.equal(both.caFingerprints.length, 2);
        assert.equal(signedBy(await served(), first.caBundle), true);
        await load.trust(both.caBundle);

        assert.match(await refused([2], 2), /signed with it, so it is in use/);

        const moved = await step([1, 2], 2);
        assert.equal(moved.caBundle, both.caBundle);
        assert.equal(signedBy(await served(), both.certificateAuthorities["2"]), true);

        // The proof has seen the new certificate already, so the guard's wait is all that there may be.
        choose([2], 2);
        await eventually("the guard lets the first root go", 150, async () => {
            const { code, stdout, stderr } = await site.stack.pulumi(["preview"]);
            if (code !== 0) assert.match(`${stdout}${stderr}`, /run again in \d+ seconds/);
            return code === 0;
        });
        const last = await step([2], 2);
        assert.equal(last.caBundle, both.certificateAuthorities["2"]);
        assert.deepEqual(last.authorityRotation, { signing: 2, highest: 2 });
        await load.trust(last.caBundle);
        await site.pulumi("preview", "--expect-no-changes");
        assert.match(await refused([1, 2], 2), /trusted: holds 1; .*take 3 or higher/);
        choose([2], 2);
        await setTimeout(15_000);

        const report = await load.stop();
        load = undefined;
        console.log(`        whole rotation: ${describeLoad(report)}`);
        for (const problem of report.problems) console.log(`          ${problem}`);
        assert.ok(report.pulls >= 40, "too few pulls to say anything");
        assert.equal(report.failed, 0);
        assert.equal(report.errImagePullEvents, 0);
        assert.equal(report.failedPushes, 0);
    });

    it("does not go on while a node is away, and goes on when it is back", async () => {
        const { authorityRotation } = await outputs();
        const [signing, next] = [authorityRotation.signing, authorityRotation.highest + 1];
        await step([signing, next], signing);
        const node = lab.nodes.at(-1) ?? "";
        const kubelet = async (verb: "start" | "stop"): Promise<void> => {
            const { code, stderr } = await lab.exec(node, ["systemctl", verb, "lab-kubelet"]);
            assert.equal(code, 0, stderr);
        };
        await kubelet("stop");
        try {
            const agents = ["--namespace", `${site.name}-trust`];
            const onNode = ["--field-selector", `spec.nodeName=${node}`];
            const gone = ["delete", "pods", ...agents, ...onNode, "--force", "--grace-period=0"];
            assert.equal((await lab.kubectl(gone)).code, 0);
            const said = await refused([signing, next], next);
            const shown = `nodes do not show the root of generation ${next.toString()}: ${node} \\(`;
            assert.match(said, new RegExp(shown));
        } finally {
            await kubelet("start");
        }
        const rollout = ["rollout", "status", `daemonset/${site.name}-trust`, "--timeout=180s"];
        assert.equal((await lab.kubectl(["--namespace", `${site.name}-trust`, ...rollout])).code, 0);
        const moved = await step([signing, next], next);
        assert.deepEqual(moved.authorityRotation, { signing: next, highest: next });
    });
});
