import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { run } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { Stack } from "../../lab/site/stack.ts";
import { runningLab } from "../support/runningLab.ts";

const name = "harbor-installer";
/** Where the installer lies on the machine. */
const directory = `/tmp/${name}/installer`;

describe("a stack that installs its Harbor on a machine", () => {
    let lab: Lab;
    let stack: Stack;

    const succeed = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await stack.pulumi(args);
        assert.equal(code, 0, `${args.join(" ")}\n${stdout}${stderr}`);
        return stdout;
    };
    const install = (section: object): void => {
        stack.set((config) => {
            for (const key of Object.keys(config))
                if (key.startsWith("siteregistry:harbor")) Reflect.deleteProperty(config, key);
            config["siteregistry:harbor"] = { url: `https://${name}.site.test`, install: section };
        });
    };
    const on = async (script: string): Promise<string> => {
        const { code, stdout, stderr } = await lab.exec("host1", ["sh", "-euc", script]);
        assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
        return stdout;
    };

    before(async () => {
        lab = await runningLab();
        stack = new Stack("casd", join(tmpdir(), `${name}-site`), lab.kubeconfig, name);
        await stack.prepare();
        await succeed("destroy", "--yes", "--skip-preview");
        stack.forget();
        await stack.prepare();
    });
    after(async () => {
        await on(`rm -rf /tmp/${name} /usr/local/bin/docker-compose`);
        stack.forget();
    });

    describe("by the standalone installer", () => {
        before(async () => {
            const { address, port, hostKey, privateKey } = lab.ssh();
            install({ kind: "installer", installer: { address, port, hostKey, directory } });
            const command = stack.command(["config", "set", "--secret", "--path", "siteregistry:sshKeys.harbor"]);
            const { code, stderr } = await run(command, { cwd: checkout, env: stack.environment(), input: privateKey });
            assert.equal(code, 0, stderr);
        });

        it("says what is missing on the machine", async () => {
            const { code, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
            assert.notEqual(code, 0);
            assert.match(
                `${stdout}${stderr}`,
                /there is no unpacked installer of Harbor in \/tmp\/harbor-installer\/installer/,
            );
        });

        it("puts configuration and certificates there, and runs it once", async () => {
            // The real one loads images that nobody has here.
            const program = (path: string, text: string): string =>
                `printf '#!/bin/sh\\n%s\\n' '${text}' >${path}; chmod +x ${path}`;
            const install = "echo run >>runs; touch docker-compose.yml";
            await on(
                `mkdir -p ${directory}; cd ${directory}; ${program("install.sh", install)}; ${program("prepare", "")}`,
            );
            await on(program("/usr/local/bin/docker-compose", `echo "$@" >>/tmp/${name}/calls`));
            await succeed("up", "--yes", "--skip-preview");
            await succeed("preview", "--expect-no-changes");
            assert.equal(await on(`cat ${directory}/runs`), "run\n");
            assert.equal(await on(`stat -c %a ${directory}/harbor.yml ${directory}/site-tls/server.key`), "600\n600\n");
            const checked = await on(
                `cd ${directory}/site-tls; openssl verify -CAfile roots.crt server.crt; openssl x509 -in server.crt -noout -ext subjectAltName`,
            );
            assert.match(checked, /server\.crt: OK[^]*DNS:harbor-installer\.site\.test/);
            assert.match(await on(`cat ${directory}/harbor.yml`), /^hostname: harbor-installer\.site\.test$/m);
        });

        it("is stopped at destroy, and the machine keeps the installer alone", async () => {
            await succeed("destroy", "--yes", "--skip-preview");
            assert.match(await on(`cat /tmp/${name}/calls`), /^down$/m);
            assert.equal(await on(`ls ${directory}`), "docker-compose.yml\ninstall.sh\nprepare\nruns\n");
        });
    });
});
