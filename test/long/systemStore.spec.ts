import assert from "node:assert/strict";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "store";
const host = `${name}.site.test:5000`;
const stores = "/etc/ssl/certs /usr/local/share/ca-certificates /etc/hosts";

interface PodList {
    items: {
        metadata: { name: string };
        spec: { nodeName: string };
        status: {
            initContainerStatuses?: { state: { terminated?: { startedAt: string; finishedAt: string } } }[];
            containerStatuses?: { containerID: string; restartCount: number }[];
        };
    }[];
}

describe("the way by the nodes' certificate store", () => {
    let lab: Lab;
    let site: ScratchSite;
    let untouched: string[];
    let others: string;

    const onNodes = (script: string): Promise<string[]> =>
        Promise.all(
            lab.nodes.map(async (node) => {
                const { code, stdout, stderr } = await lab.exec(node, ["sh", "-euc", script]);
                assert.equal(code, 0, stderr);
                return stdout;
            }),
        );
    const pods = async (namespace: string): Promise<PodList["items"]> =>
        (JSON.parse(await mustKubectl(lab, ["-n", namespace, "get", "pods", "-o", "json"])) as PodList).items;
    const running = async (): Promise<string> =>
        JSON.stringify(
            (await pods("kube-system")).concat(await pods("traefik")).map(({ status }) => status.containerStatuses),
        );
    const snapshot = (): Promise<string[]> =>
        onNodes(`find ${stores} -printf '%p %m %l\\n' | sort; find ${stores} -type f -exec sha256sum {} + | sort`);
    const started = (): Promise<string[]> => onNodes("systemctl show containerd -p ActiveEnterTimestampMonotonic");

    before(async () => {
        lab = await runningLab();
        [untouched, others] = [await snapshot(), await running()];
        site = new ScratchSite(lab, name, { exposure: "clusterOnly", host, storage: { keepOnDestroy: false } });
        await site.prepare();
        // The lab's nodes have no DNS.
        site.changeTrust({ mode: "systemStore", reachBy: "host", hostsEntries: [{ host: host.replace(/:.*/, "") }] });
    });
    after(() => site.destroy());

    it("makes every node pull, restarts containerd one node after the other, and leaves running pods alone", async () => {
        const first = await started();
        // With the proof: every node has pulled.
        await site.up();
        (await started()).forEach((moment, index) => {
            assert.notEqual(moment, first[index]);
        });
        const rounds = (await pods(`${name}-trust`))
            .map(({ status }) => status.initContainerStatuses?.[0]?.state.terminated)
            .map((state) => [Date.parse(state?.startedAt ?? ""), Date.parse(state?.finishedAt ?? "")] as const)
            .sort(([a], [b]) => a - b);
        assert.equal(rounds.length, lab.nodes.length);
        rounds.slice(1).forEach(([begin], index) => {
            assert.ok(begin >= (rounds[index]?.[1] ?? Infinity), JSON.stringify(rounds));
        });
        assert.equal(await running(), others);
    });

    it("changes nothing the second time, and restarts nothing for a new pod", async () => {
        const first = await started();
        await site.pulumi("preview", "--expect-no-changes");
        await site.up();
        await mustKubectl(lab, ["-n", `${name}-trust`, "delete", "pods", "--all"]);
        await mustKubectl(lab, [
            "-n",
            `${name}-trust`,
            "rollout",
            "status",
            `daemonset/${name}-trust`,
            "--timeout=90s",
        ]);
        assert.deepEqual(await started(), first);
    });

    it("leaves the nodes as they were", async () => {
        await site.pulumi("destroy", "--yes", "--skip-preview");
        assert.deepEqual(await snapshot(), untouched);
        assert.equal(await running(), others);
    });
});
