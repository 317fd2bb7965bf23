import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { OkdCluster } from "../okd/cluster.ts";
import { prunerPath, routesPath } from "../okd/objects.ts";
import { SectionSite } from "../okd/sectionSite.ts";
import { makeCertificate, type Made } from "../support/certificateMaker.ts";

const host = "registry.site.test";
const redis = "docker.io/library/redis:8";
const sets = "/apis/config.openshift.io/v1/imagedigestmirrorsets";
const mirrors = [{ source: "docker.io", mirrors: ["mirror.site.test/docker"] }];
const digest = { name: "site", by: "digest", mirrors };
const failure = { type: "Failed", status: "True", reason: "Failed", message: "Job has reached its limit" };

describe("the registry of an OKD cluster, from one update to the next", () => {
    const authority = makeCertificate({ name: "site ca", ca: true });
    const issue = (): Made => makeCertificate({ name: host, issuer: authority, names: [host] });
    let site: SectionSite;

    before(async function () {
        this.timeout(360_000);
        const cluster = await OkdCluster.start();
        const folder = mkdtempSync(join(tmpdir(), "okd-updates-"));
        site = new SectionSite("okd", cluster, folder, { identifier: "okd-updates" });
        cluster.images.upstream.set(redis, "sha256:aaaa");
        await site.stack.prepare();
        await give(issue());
        await site.succeed(["up", "--yes", "--skip-preview"]);
    });
    after(() => site.stop());

    const up = (): Promise<string> => site.succeed(["up", "--yes", "--skip-preview"]);
    const give = ({ certificate, key }: Made): Promise<void> =>
        site.give({
            "okdSecrets.certificates.site.certificate": certificate,
            "okdSecrets.certificates.site.key": key,
            "okdSecrets.certificates.site.ca": authority.certificate,
        });
    const pruned = async (conditions: object[]): Promise<void> => {
        const pruner = await site.cluster.get(prunerPath);
        await site.cluster.put(prunerPath, { ...pruner, status: { conditions } });
    };
    /** `npm run okd`, as a person types it. */
    const okd = (...words: string[]) =>
        run([process.execPath, "tools/okd.ts", ...words, "--stack", "okd", "--config-file", site.stack.file], {
            cwd: checkout,
            env: site.stack.environment(),
        });

    it("is waited for until its route has a renewed certificate", async () => {
        const second = issue();
        await give(second);
        await up();
        const { tls } = (await site.cluster.get(`${routesPath}/site`)).spec as { tls: { certificate: string } };
        assert.equal(tls.certificate.trim(), second.certificate.trim());
        await site.succeed(["preview", "--expect-no-changes"]);
    });

    it("is told of by npm run okd: what is behind upstream, and an import on request", async () => {
        const current = await okd("report");
        assert.equal(current.code, 0, current.stderr);
        assert.match(
            current.stdout,
            /^TAG +STATE +HERE +UPSTREAM +FROM\napps\/redis:8 +current +sha256:aaaa +sha256:aaaa/m,
        );
        site.cluster.images.upstream.set(redis, "sha256:bbbb");
        const behind = await okd("report", "--json");
        assert.equal(behind.code, 1, behind.stderr);
        assert.deepEqual(JSON.parse(behind.stdout), {
            tags: [
                {
                    ...{ tag: "apps/redis:8", from: redis, state: "behind", scheduled: true },
                    ...{ here: "sha256:aaaa", upstream: "sha256:bbbb" },
                },
            ],
            prunerFailed: false,
        });
        const imported = await okd("import", "apps/redis:8");
        assert.equal(imported.code, 0, imported.stderr);
        assert.equal(imported.stdout.trim(), `apps/redis:8 imported from ${redis}`);
        assert.equal((await okd("report")).code, 0);
    });

    it("answers what it does not know with the way out, and exit code 2", async () => {
        const ghost = await okd("import", "apps/ghost");
        assert.equal(ghost.code, 2);
        assert.match(ghost.stderr, /^error: the stack imports no apps\/ghost.*it has apps\/redis:8/s);
        const word = await okd("compare");
        assert.equal(word.code, 2);
        assert.match(word.stderr, /usage: npm run okd -- report/);
    });

    it("tells of a failed run of the pruner: in the report, in a refresh, and in an update", async () => {
        await pruned([{ ...failure, lastTransitionTime: "2026-11-21T00:00:00Z" }]);
        const words = "the last run of the image pruner failed: Failed is True (Failed: Job has reached its limit)";
        const report = await okd("report");
        assert.equal(report.code, 1);
        assert.match(report.stdout, /image pruner: Failed is True \(Failed: Job has reached its limit\)/);
        assert.ok((await site.succeed(["refresh", "--yes", "--skip-preview"])).includes(words));
        site.change((section) => {
            section.defaultRoute = false;
        });
        assert.ok((await up()).includes(words));
        await pruned([]);
        assert.ok(!(await site.succeed(["refresh", "--yes", "--skip-preview"])).includes(words));
    });

    it("has its mirror sets changed only where draining nodes is confirmed", async () => {
        const there = async (): Promise<unknown[]> => (await site.cluster.api.list(sets)).items.map(({ spec }) => spec);
        const set = (mirrorSets: object[], confirmNodeDrain: boolean): void => {
            site.change((section) => {
                Object.assign(section, { mirrorSets, confirmNodeDrain });
            });
        };
        assert.match(
            await site.refused((section) => {
                section.mirrorSets = [digest];
            }),
            /okd\.mirrorSets: digest site is new: making it drains no node, but .*set okd\.confirmNodeDrain to true/,
        );
        assert.deepEqual(await there(), []);
        set([digest], true);
        await up();
        assert.deepEqual(await there(), [
            { imageDigestMirrors: [{ ...mirrors[0], mirrorSourcePolicy: "AllowContactingSource" }] },
        ]);
        await site.succeed(["preview", "--expect-no-changes"]);
        const out = /okd\.mirrorSets: digest site is taken out: every node is drained and restarted/;
        set([], false);
        assert.match(await site.fail(["preview"]), out);
        assert.match(await site.fail(["up", "--yes", "--skip-preview"]), out);
        set([], true);
        await up();
        assert.deepEqual(await there(), []);
        set([digest], true);
        await up();
        set([digest], false);
        await up();
        // It takes everything else, which may go.
        assert.match(await site.fail(["destroy", "--yes", "--skip-preview"]), /protected/);
        assert.equal((await there()).length, 1);
    });
});
