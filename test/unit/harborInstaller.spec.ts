import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";

import { parse } from "yaml";

import { harborYml } from "../../components/harbor/installerConfig.ts";
import { certificatesIn, installerScript } from "../../components/harbor/installerScript.ts";

const config = {
    url: "https://harbor.site.test:8443",
    version: "2.15.0",
    certificates: "/opt/harbor/site-tls",
    dataVolume: "/srv/harbor",
    adminPassword: "the admin's",
    databasePassword: "the database's",
    options: {},
};

describe("harbor.yml of the standalone installer", () => {
    it("says where Harbor is, its certificates, its data and its passwords", () => {
        const read = parse(harborYml(config)) as Record<string, unknown>;
        assert.equal(read.hostname, "harbor.site.test");
        assert.deepEqual(read.https, {
            port: 8443,
            certificate: "/opt/harbor/site-tls/server.crt",
            private_key: "/opt/harbor/site-tls/server.key",
        });
        assert.equal(read.harbor_admin_password, "the admin's");
        assert.equal((read.database as Record<string, unknown>).password, "the database's");
        assert.equal(read.data_volume, "/srv/harbor");
        assert.deepEqual(read.storage_service, { ca_bundle: "/opt/harbor/site-tls/roots.crt" });
        assert.equal(read._version, "2.15.0");
    });

    it("takes a person's options, but for what the stack decides, and is the same at every run", () => {
        const options = { http: { port: 8080 }, hostname: "other", storage_service: { redirect: { disable: true } } };
        const read = parse(harborYml({ ...config, options })) as Record<string, unknown>;
        assert.deepEqual(read.http, { port: 8080 });
        assert.equal(read.hostname, "harbor.site.test");
        assert.deepEqual(read.storage_service, {
            redirect: { disable: true },
            ca_bundle: "/opt/harbor/site-tls/roots.crt",
        });
        assert.equal(harborYml({ ...config, options }), harborYml({ ...config, options }));
    });

    it("has the usual port where the URL names none", () => {
        const read = parse(harborYml({ ...config, url: "https://[2001:db8::7]" })) as Record<string, unknown>;
        assert.equal((read.https as Record<string, unknown>).port, 443);
        assert.equal(read.hostname, "2001:db8::7");
    });
});

describe("the script that runs the standalone installer", () => {
    let folder: string;
    let directory: string;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "harbor-installer-"));
        directory = join(folder, "it's here");
        mkdirSync(directory);
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    const program = (name: string, text: string, where = directory): void => {
        writeFileSync(join(where, name), `#!/bin/sh\n${text}\n`);
        chmodSync(join(where, name), 0o755);
    };
    const run = (verb: string): { status: number | null; stdout: string; stderr: string } => {
        const files = { config: "harbor_admin_password: hunter2\n", certificate: "LEAF", key: "KEY'S", roots: "ROOTS" };
        const env = { PATH: `${folder}:${process.env.PATH ?? ""}` };
        const input = installerScript({ directory, ...files });
        return spawnSync("sh", ["-s", verb], { input, env, encoding: "utf8", cwd: "/" });
    };
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

    it("needs an installer that was unpacked, and writes nothing without", () => {
        const { status, stderr } = run("apply");
        assert.equal(status, 1);
        assert.match(stderr, /no unpacked installer of Harbor in .*it's here \(install\.sh is missing\): unpack/);
        assert.ok(!existsSync(join(directory, "harbor.yml")));
    });

    it("writes what the installer reads, for nobody else where it is secret, and runs it", () => {
        program("prepare", "");
        program("install.sh", "cat harbor.yml >seen; touch docker-compose.yml; echo Harbor12345");
        const { status, stdout, stderr } = run("apply");
        assert.equal(status, 0, stderr);
        assert.equal(stdout, "installed\n");
        assert.equal(readFileSync(join(directory, "seen"), "utf8"), "harbor_admin_password: hunter2\n");
        const tls = certificatesIn(directory);
        const modes = ["server.crt", "server.key", "roots.crt"].map((name) => mode(join(tls, name)));
        assert.deepEqual(modes, ["644", "600", "644"]);
        assert.equal(mode(join(directory, "harbor.yml")), "600");
        assert.equal(mode(join(directory, "install.log")), "600");
        assert.equal(readFileSync(join(tls, "server.key"), "utf8"), "KEY'S");
    });

    it("fails as the installer fails, with its last words and without a password", () => {
        program("prepare", "");
        program("install.sh", "echo the disk is full; echo password: hunter2; exit 3");
        const { status, stdout, stderr } = run("apply");
        assert.equal(status, 1);
        assert.equal(stdout, "");
        assert.match(stderr, /the disk is full\nthe installer of Harbor failed/);
        assert.ok(!stderr.includes("hunter2"));
    });

    it("stops Harbor and takes back what it wrote, twice if need be", () => {
        program("prepare", "");
        program("install.sh", "touch docker-compose.yml");
        program("docker", 'echo "$@" >>calls', folder);
        assert.equal(run("apply").status, 0);
        assert.equal(run("remove").status, 0);
        assert.match(readFileSync(join(directory, "calls"), "utf8"), /^compose down$/m);
        for (const name of ["harbor.yml", "install.log", "site-tls"])
            assert.ok(!existsSync(join(directory, name)), name);
        assert.ok(existsSync(join(directory, "install.sh")), "the installer itself stays");
        assert.equal(run("remove").status, 0);
        rmSync(directory, { recursive: true });
        assert.equal(run("remove").status, 0);
    });

    it("does not take Harbor for stopped when it is not", () => {
        program("prepare", "");
        program("install.sh", "touch docker-compose.yml");
        program("docker", '[ "$2" = version ]', folder);
        assert.equal(run("apply").status, 0);
        const { status, stderr } = run("remove");
        assert.equal(status, 1);
        assert.match(stderr, /cannot be stopped/);
        assert.ok(existsSync(join(directory, "harbor.yml")), "nothing is taken away from a Harbor that runs");
    });
});
