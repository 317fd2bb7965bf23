import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hostScript } from "../../components/nodeTrust/hostScript.ts";
import { bundleEntries } from "../../components/nodeTrust/script.ts";
import { mendScript, storeScript } from "../../components/systemStore/script.ts";

const script = mendScript({ registryDirectory: "/etc/containerd/certs.d", configFile: "/etc/containerd/config.toml" });
const ours = '# begin siteregistry trust\n  config_path = "/etc/containerd/certs.d"\n# end siteregistry trust\n';
/** As Debian has it: no table of registries, and no line end at the end. */
const debian = `version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"`;
/** As `containerd config default` writes it. */
const full = `version = 2
[plugins."io.containerd.grpc.v1.cri".registry]
      config_path = ""

      [plugins."io.containerd.grpc.v1.cri".registry.auths]

      [plugins."io.containerd.grpc.v1.cri".registry.mirrors]
`;

describe("config_path where there is none", () => {
    let root: string;
    const config = (): string => join(root, "etc/containerd/config.toml");
    const text = (): string => readFileSync(config(), "utf8");
    const program = (name: string, body: string): void => {
        writeFileSync(join(root, "bin", name), `#!/bin/sh\n${body}\n`);
        chmodSync(join(root, "bin", name), 0o755);
    };
    const start = (content: string | undefined): void => {
        if (content !== undefined) writeFileSync(config(), content, { mode: 0o640 });
    };
    const run = (verb: string): { code: number | null; said: string } => {
        const { status, stdout, stderr } = spawnSync("sh", ["-c", script, "mend.sh", verb], {
            encoding: "utf8",
            env: { PATH: `${join(root, "bin")}:/usr/bin:/bin`, ROOT: root, OWNER: "trust" },
        });
        return { code: status, said: stdout + stderr };
    };
    const restarts = (): number => {
        const log = join(root, "log");
        const count = existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0;
        rmSync(log, { force: true });
        return count;
    };

    beforeEach(() => {
        root = mkdtempSync(join(tmpdir(), "mend-"));
        for (const path of ["bin", "etc/containerd", "var/lib"]) mkdirSync(join(root, path), { recursive: true });
        program("systemctl", `if [ "$1" = restart ]; then echo "$2" >>"${root}/log"; fi`);
        // What it imports is for a real one to say.
        program("containerd", 'cat "$2"');
    });
    afterEach(() => {
        rmSync(root, { recursive: true });
    });

    const written: [string, string | undefined, string][] = [
        [
            "a table at the end, where there is none",
            debian,
            `${debian}\n${ours.replace("  config", '[plugins."io.containerd.grpc.v1.cri".registry]\n  config')}`,
        ],
        [
            "the place of an empty line",
            full,
            full.replace('      config_path = ""\n', ours.replace("  config", "      config")),
        ],
        [
            "a line below its header",
            'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n[debug]\n',
            `version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n${ours}[debug]\n`,
        ],
        [
            "the table of containerd 2's own configurations",
            "version = 3\n",
            `version = 3\n${ours.replace("  config", '[plugins."io.containerd.cri.v1.images".registry]\n  config')}`,
        ],
        [
            "a file, where there is none",
            undefined,
            `version = 2\n${ours.replace("  config", '[plugins."io.containerd.grpc.v1.cri".registry]\n  config')}`,
        ],
    ];
    for (const [what, before, after] of written) {
        it(`goes into ${what}, restarts once, and is taken back byte for byte`, () => {
            start(before);
            const { code, said } = run("apply");
            assert.equal(code, 0, said);
            assert.equal(text(), after);
            assert.equal(restarts(), 1);
            assert.equal(run("apply").code, 0);
            assert.equal(restarts(), 0, "nothing differs");
            assert.equal(run("remove").code, 0);
            assert.equal(existsSync(config()) ? text() : undefined, before);
            if (before !== undefined) assert.equal(statSync(config()).mode & 0o777, 0o640);
            assert.equal(restarts(), 1);
            assert.deepEqual(readdirSync(join(root, "var/lib")), []);
            assert.deepEqual(readdirSync(join(root, "etc/containerd")), before === undefined ? [] : ["config.toml"]);
            assert.equal(run("remove").code, 0);
            assert.equal(restarts(), 0);
        });
    }

    it("is clean for shellcheck, where that is installed, as is the script for certificate stores", () => {
        if (spawnSync("shellcheck", ["--version"]).error !== undefined) {
            console.warn("        NOT RUN: this machine has no shellcheck");
            return;
        }
        for (const input of [script, storeScript()]) {
            const { status, stdout } = spawnSync("shellcheck", ["-s", "sh", "-"], { input, encoding: "utf8" });
            assert.equal(status, 0, stdout);
        }
    }).timeout(60_000);

    it("leaves what somebody else changes meanwhile, and takes our lines out of it", () => {
        start(full);
        run("apply");
        writeFileSync(config(), `${text()}[debug]\n  level = "info"\n`);
        assert.equal(run("apply").code, 0);
        assert.equal(run("remove").code, 0);
        assert.equal(text(), `${full}[debug]\n  level = "info"\n`);
    });

    it("touches nothing where the site has set it, here or in a file that is imported", () => {
        mkdirSync(join(root, "etc/containerd/conf.d"));
        const table = '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/mine"\n';
        writeFileSync(join(root, "etc/containerd/conf.d/registry.toml"), `version = 2\n${table}`);
        for (const content of [`version = 2\n${table}`, 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n']) {
            start(content);
            const { code, said } = run("apply");
            assert.equal(code, 0, said);
            assert.equal(text(), content);
        }
        assert.equal(restarts(), 0);
        assert.deepEqual(readdirSync(join(root, "var/lib")), []);
    });

    const refused: [string, string, RegExp][] = [
        ["a configuration of the first version", "[debug]\n", /has no version, or the first: .*version = 2/],
        [
            "mirrors in it, beside which containerd takes none",
            `${full}[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n`,
            /config\.toml has registry\.mirrors .*make hosts\.toml files of them first/,
        ],
    ];
    for (const [what, content, words] of refused) {
        it(`is refused with ${what}`, () => {
            start(content);
            const { code, said } = run("apply");
            assert.equal(code, 1);
            assert.match(said, words);
            assert.equal(text(), content);
            assert.equal(restarts(), 0);
            assert.deepEqual(readdirSync(join(root, "etc/containerd")), ["config.toml"]);
        });
    }

    it("is refused where containerd does not take it, or would not heed it", () => {
        start(debian);
        for (const [body, words] of [
            [
                "echo 'toml: line 3: bare keys' >&2; exit 1",
                /does not take .* with config_path set: toml: line 3: bare keys/,
            ],
            ["echo version = 2", /has no effect, since a file that it imports has the same table/],
        ] as const) {
            program("containerd", body);
            assert.match(run("apply").said, words);
            assert.equal(text(), debian);
            assert.deepEqual(readdirSync(join(root, "etc/containerd")), ["config.toml"]);
        }
        assert.equal(restarts(), 0);
    });

    it("puts the old one back where containerd does not start with the new one", () => {
        start(debian);
        program("systemctl", `if [ "$1" = restart ]; then ! grep -q config_path "${config()}"; fi`);
        const { code, said } = run("apply");
        assert.equal(code, 1);
        assert.match(said, /containerd did not start with config_path set in .*: the old one is back\n$/);
        assert.equal(text(), debian);
    });

    it("owes a restart on the way back until one succeeds", () => {
        start(debian);
        run("apply");
        program("systemctl", '[ "$1" != restart ]');
        assert.equal(run("remove").code, 1);
        program("systemctl", `if [ "$1" = restart ]; then echo "$2" >>"${root}/log"; fi`);
        restarts();
        assert.equal(run("remove").code, 0);
        assert.equal(restarts(), 1);
        assert.equal(text(), debian);
    });

    it("comes before the files on a machine over SSH, and goes after them", () => {
        start(debian);
        const folder = "/etc/containerd/certs.d/registry.test";
        const entries = bundleEntries(
            { [`${folder}/hosts.toml`]: 'server = "https://registry.test"\n' },
            undefined,
            script,
        );
        const environment = {
            ROOT: root,
            OWNER: "trust",
            RUNTIME: "containerd",
            CONFIG: "/etc/containerd/config.toml",
        };
        const over = (verb: string): Record<string, unknown> => {
            const { stdout, stderr } = spawnSync("sh", ["-s", verb], {
                encoding: "utf8",
                input: hostScript(entries, { ...environment, MEND: "config" }),
                env: { PATH: `${join(root, "bin")}:/usr/bin:/bin` },
            });
            assert.notEqual(stdout, "", stderr);
            return JSON.parse(stdout) as Record<string, unknown>;
        };
        const applied = over("apply");
        assert.deepEqual([applied.status, applied.configPath], ["applied", "/etc/containerd/certs.d"]);
        assert.ok(existsSync(join(root, folder, "hosts.toml")));
        assert.equal(over("remove").status, "removed");
        assert.equal(text(), debian);
        assert.deepEqual(readdirSync(join(root, "var/lib")), []);
        program("containerd", "exit 1");
        const failed = over("apply");
        assert.equal(failed.status, "failed");
        assert.match(String(failed.cause), /containerd does not take/);
        assert.equal(text(), debian);
    });
});
