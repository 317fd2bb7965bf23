import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BundlingMachine, type Answer } from "../support/bundling.ts";

describe("a bundle with the program in it", () => {
    let folder: string;
    let machine: BundlingMachine;
    before(async () => {
        folder = mkdtempSync(join(tmpdir(), "bundle-program-"));
        machine = await BundlingMachine.make(folder, []);
    });
    after(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    /** Runs a script where there is no network but loopback, and nothing of this user's. */
    function offline(script: string): Promise<Answer> {
        const own = `HOME=${folder}/home npm_config_cache=${folder}/npm PULUMI_BACKEND_URL=file://${folder}/state`;
        const text = `set -eu\nip link set lo up\ncd ${folder}\nexport ${own} PULUMI_CONFIG_PASSPHRASE=none\nunset PULUMI_HOME\n${script}`;
        return machine.run("unshare", ["-n", "bash", "-c", text]);
    }

    it("previews a stack on a machine without a network", async () => {
        const made = await machine.bundle("--program", "--output", "program.tar");
        assert.equal(made.code, 0, made.stderr);
        for (const name of ["home", "state", "bundle", "site"]) mkdirSync(join(folder, name));
        const cluster = { name: "c", cluster: { server: "https://127.0.0.1:1" } };
        const contexts = [{ name: "c", context: { cluster: "c", user: "u" } }];
        const config = { clusters: [cluster], contexts, users: [{ name: "u", user: {} }], "current-context": "c" };
        writeFileSync(join(folder, "kubeconfig"), JSON.stringify({ apiVersion: "v1", kind: "Config", ...config }));

        const unpacked = await offline("tar -xf program.tar -C bundle\nsh bundle/program/unpack.sh site");
        assert.equal(unpacked.code, 0, unpacked.stderr);
        assert.match(unpacked.stdout, /\. .*\/site\/env\.sh\n {2}cd .*\/site\/siteregistry\n {2}pulumi preview/);
        const previewed = await offline(`. site/env.sh
            cd site/siteregistry
            for program in node pulumi regctl; do command -v $program; done
            export KUBECONFIG=${folder}/kubeconfig
            pulumi stack init dev --non-interactive
            pulumi preview --stack dev --non-interactive`);
        assert.equal(previewed.code, 0, previewed.stdout + previewed.stderr);
        assert.match(previewed.stdout, /\+ \d+ to create/);
        for (const program of ["node_modules/.bin/node", "node_modules/.bin/pulumi", "bin/regctl"]) {
            assert.ok(previewed.stdout.includes(`${folder}/site/siteregistry/${program}\n`), program);
        }
        // Neither this user's home nor npm's cache was asked for anything.
        assert.equal((await offline("ls -A npm")).code, 2);

        const twice = await offline("sh bundle/program/unpack.sh site");
        assert.match(twice.stderr, /siteregistry is there already\n {2}name another folder/);
        const part = join(folder, "bundle/program/pulumi-home.tar.gz");
        const bytes = readFileSync(part);
        bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
        writeFileSync(part, bytes);
        const changed = await offline("sh bundle/program/unpack.sh other");
        assert.match(changed.stderr, /the program in this bundle is not what its SHA256SUMS says/);
        assert.notEqual(changed.code, 0);
    });
});
