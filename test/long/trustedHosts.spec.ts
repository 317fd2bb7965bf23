import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import type { Lab } from "../../lab/lab.ts";
import { run, type Result } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "machines";
const host = `${name}.site.test`;
/** Where everything of this test lies on the machine. */
const folder = `/tmp/${name}`;

describe("a machine over SSH whose clients read other directories than containerd's", () => {
    let lab: Lab;
    let site: ScratchSite;
    /** The image that the proof has pushed. */
    let image: string;

    const attempt = (script: string, input = ""): Promise<Result> =>
        lab.exec("host1", ["sh", "-euc", script], { input });
    async function on(script: string, input = ""): Promise<string> {
        const { code, stdout, stderr } = await attempt(script, input);
        assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
        return stdout;
    }

    /** Gives the machine this runtime, or takes it off the list. */
    async function trustedAs(runtime: string | undefined): Promise<void> {
        const { address, port, hostKey } = lab.ssh();
        site.changeTrust(runtime === undefined ? {} : { hosts: [{ name: "host1", address, port, hostKey, runtime }] });
        const key = ["--secret", "--path", 'siteregistry:sshKeys["host1"]'];
        const command = site.stack.command(
            runtime === undefined ? ["config", "rm", ...key.slice(1)] : ["config", "set", ...key],
        );
        const input = runtime === undefined ? "" : lab.ssh().privateKey;
        const done = await run(command, { cwd: checkout, env: site.stack.environment(), input });
        assert.equal(done.code, 0, done.stderr);
        await site.up();
    }

    before(async () => {
        lab = await runningLab();
        site = new ScratchSite(lab, name, { storage: { size: "1Gi", keepOnDestroy: false } });
        await site.prepare();
        await site.up();
        const { user, password } = await site.access();
        const [proven = ""] = (await site.stack.facts()).provenImages ?? [];
        image = proven.replace(/:[^:@]+@/, "@");
        const auth = Buffer.from(`${user}:${password}`).toString("base64");
        await on(
            `umask 077; mkdir -p ${folder}/config; cat >${folder}/config/config.json`,
            JSON.stringify({ auths: { [host]: { auth } } }),
        );
        await on(
            `sed '$a ${lab.ingressAddress} ${host}' /etc/hosts >${folder}/hosts; cp /etc/hosts ${folder}/hosts.before; cat ${folder}/hosts >/etc/hosts`,
        );
    });
    after(async () => {
        await site.destroy();
        await on(`cat ${folder}/hosts.before >/etc/hosts; rm -rf ${folder}`);
    });

    it("skopeo pulls by podman's directory, and does not without", async () => {
        const copy = `skopeo copy --quiet --authfile ${folder}/config/config.json docker://${image} dir:${folder}/image`;
        assert.match((await attempt(copy)).stderr, /certificate signed by unknown authority/);
        await trustedAs("podman");
        await on(copy);
        assert.match(await on("ls /etc/containers/certs.d"), new RegExp(`^${host}$`, "m"));
    });

    it("dockerd 20.10 pulls by its own, once the machine is said to have it", async () => {
        const places = `--data-root=${folder}/data --exec-root=${folder}/exec --pidfile=${folder}/pid`;
        const flags = `--bridge=none --iptables=false --ip6tables=false --storage-driver=vfs --host=unix://${folder}/docker.sock`;
        await on(`setsid dockerd ${places} ${flags} >${folder}/log 2>&1 </dev/null &`);
        const docker = `DOCKER_HOST=unix://${folder}/docker.sock docker --config ${folder}/config`;
        try {
            let tries = 0;
            while ((await attempt(`${docker} version`)).code !== 0) {
                if ((tries += 1) > 60) assert.fail(await on(`tail -n 5 ${folder}/log`));
                await setTimeout(500);
            }
            assert.match((await attempt(`${docker} pull --quiet ${image}`)).stderr, /x509/);
            await trustedAs("docker");
            await on(`${docker} pull --quiet ${image}`);
            assert.equal((await attempt("ls /etc/containers/certs.d")).stdout.includes(host), false);
        } finally {
            const ended = "while kill -0 $pid 2>/dev/null; do sleep 0.2; done";
            await attempt(
                `pid=$(cat ${folder}/pid) && kill $pid && ${ended}; umount ${folder}/exec/netns/* 2>/dev/null`,
            );
        }
    });

    it("forgets when it leaves the list", async () => {
        await trustedAs(undefined);
        assert.equal(
            await on("find /etc/docker /etc/containers /var/lib/siteregistry -name '*machines*' 2>/dev/null || true"),
            "",
        );
    });
});
