import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { HostSite } from "../support/hostSite.ts";
import { runningLab } from "../support/runningLab.ts";

const name = "host-several";
const port = 5450;
/** A node of the lab in the part of a second machine, with an SSH server for the time of the test. */
const second = "node1";
const sshd = `${name}-sshd`;

describe("registries on two machines, of which one is behind the other", () => {
    let lab: Lab;
    let site: HostSite;
    let address: string;
    const on = async (script: string, input = ""): Promise<string> => {
        const { code, stdout, stderr } = await lab.exec(second, ["sh", "-euc", script], { input });
        assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
        return stdout;
    };
    /** What the second one answers, checked against the root of both. */
    const answer = async (): Promise<string> => {
        const { hostCaBundle } = await site.outputs();
        const asked = `curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$ca" https://${address}:${port.toString()}/v2/`;
        return on(`ca=$(mktemp); cat >"$ca"; ${asked} || true; rm "$ca"`, hostCaBundle);
    };

    before(async () => {
        lab = await runningLab();
        const { address: gate, port: sshPort, hostKey } = lab.ssh();
        [address = ""] = (await on("hostname -I")).split(/\s+/);
        const login = (await lab.exec("host1", ["cat", "/root/.ssh/authorized_keys"])).stdout;
        await on(
            `mkdir -p /run/sshd /root/.ssh; cat >/root/.ssh/authorized_keys; chmod 600 /root/.ssh/authorized_keys`,
            login,
        );
        await on(`ssh-keygen -A >/dev/null; systemd-run --quiet --collect --unit ${sshd} /usr/sbin/sshd -D -e`);
        const key = (await on("cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ecdsa_key.pub")).trim();
        site = new HostSite(lab, name, port);
        await site.prepare();
        const jump = { name: "gate", address: gate, port: sshPort, hostKey };
        site.change({ machines: [site.machine, { name: "second", address, hostKey: key, jump }] });
    });
    after(async () => {
        await site.destroy();
        await on(`systemctl stop ${sshd}; rm -rf /root/.ssh/authorized_keys /etc/ssh/ssh_host_* ${site.data}`);
    });

    it("have the same users and authority, each by its own name", async () => {
        await site.up();
        const { hostRegistries } = await site.outputs();
        assert.deepEqual(
            hostRegistries.map(({ machine, host, state }) => [machine, host, state]),
            [
                ["host1", `${site.host}:${port.toString()}`, "running"],
                ["second", `${address}:${port.toString()}`, "running"],
            ],
        );
        assert.equal(await site.code("/v2/"), "401");
        assert.equal(await answer(), "401");
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("leave a machine that is taken off the list, but for its images", async () => {
        site.change({ machines: [site.machine] });
        await site.up();
        assert.equal(await answer(), "000");
        assert.equal(await on(`find /etc /usr/local /root -name '*${name}*' || true`), "");
        assert.equal(await on(`cat ${site.data}/.siteregistry`), `${name} of ${address}\n`);
        assert.equal(await site.code("/v2/"), "401");
    });
});
