import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import type { Lab } from "../../lab/lab.ts";
import { eventually } from "../../lab/machines/command.ts";
import { OutsideClient } from "../support/outsideClient.ts";
import { describeLoad, startPullLoad, type PullLoad } from "../support/pullLoad.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

/** How long the load stays on once the old login is refused: what a node has cached, and what has begun, counts too. */
const aftermath = 15_000;

for (const way of ["named", "everywhere"]) {
    describe(`the login that pods pull with is rotated under load: pull secrets in namespaces ${way}`, () => {
        const name = `rotated-${way}`;
        const namespace = `${name}-load`;
        let lab: Lab;
        let site: ScratchSite;
        let load: PullLoad | undefined;
        const clients: OutsideClient[] = [];

        const users = (...generations: number[]) => [{ name: "ci" }, { name: "reader", role: "pull", generations }];

        before(async () => {
            lab = await runningLab();
            await mustKubectl(lab, ["create", "namespace", namespace]);
            const listed = await mustKubectl(lab, ["get", "namespaces", "--output", "name"]);
            const others = listed
                .trim()
                .split("\n")
                .map((line) => line.replace("namespace/", ""));
            const excludeNamespaces = others.filter((one) => one !== namespace);
            const where = way === "named" ? { namespaces: [namespace] } : { everywhere: true, excludeNamespaces };
            site = new ScratchSite(lab, name, {
                storage: { size: "1Gi", keepOnDestroy: false },
                pullSecret: { name: "reader", user: "reader", ...where },
                users: users(1),
            });
            await site.prepare();
            await site.up();
        });

        after(async () => {
            if (load !== undefined) console.log(`        ${describeLoad(await load.stop())}`);
            for (const client of clients) await client.remove();
            await site.destroy();
        });

        /** Status of a request with a login, from the outside machine. */
        async function status(client: OutsideClient): Promise<string> {
            const asked = client.curl("--output /dev/null --write-out '%{http_code}'", "/v2/");
            return (await client.sh(asked)).stdout;
        }

        /** A client with a login of its own. */
        async function clientAs(user: string): Promise<OutsideClient> {
            const { passwords } = await site.stack.facts();
            const access = { ...(await site.access()), user, password: passwords[user] ?? "" };
            const client = new OutsideClient(lab, `${name}-${user}`, access);
            await client.prepare();
            clients.push(client);
            return client;
        }

        it("costs no pull and no event", async () => {
            const old = await clientAs("reader");
            load = await startPullLoad(lab, { access: await site.access(), name: namespace, pullSecret: "reader" });
            site.change({ users: users(1, 2) });
            await site.up();
            assert.equal(await status(old), "200");
            assert.equal(await status(await clientAs("reader.2")), "200");
            site.change({ users: users(2) });
            await site.up();
            await eventually("the old login is refused", 150, async () => (await status(old)) === "401");
            await setTimeout(aftermath);
            const report = await load.stop();
            load = undefined;
            console.log(`        ${describeLoad(report)}`);
            for (const problem of report.problems) console.log(`          ${problem}`);
            assert.ok(report.pulls >= 10, "too few pulls to say anything");
            assert.deepEqual([report.failed, report.errImagePullEvents, report.failedPushes], [0, 0, 0]);
        });
    });
}
