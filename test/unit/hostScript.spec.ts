import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hostScript } from "../../components/nodeTrust/hostScript.ts";

/** An agent that copies its bundle and says what it was told. */
const agent = `
echo "said on standard output"
cp -R "$BUNDLE/." "$ROOT/seen"
stat -c %a "$BUNDLE/.." >"$ROOT/mode"
printf '{"status":"%s","bundle":"%s","owner":"%s"}\\n' "$1" "$BUNDLE_ID" "$OWNER" >"$REPORT"
[ "$1" != fail ]
`;

describe("the script for machines over SSH", () => {
    let root = "";
    beforeEach(() => {
        root = mkdtempSync(join(tmpdir(), "host-"));
    });
    afterEach(() => {
        rmSync(root, { recursive: true, force: true });
    });

    function run(
        entries: Record<string, string>,
        { verb = "apply", shell = "sh", variables = {} }: { verb?: string; shell?: string; variables?: object } = {},
    ): { status: number | null; stdout: string; stderr: string } {
        const input = hostScript(entries, { ROOT: root, OWNER: "trust", BUNDLE_ID: "b1", ...variables });
        const env = { PATH: process.env.PATH, TMPDIR: root };
        return spawnSync(shell, ["-s", verb], { input, env, encoding: "utf8" });
    }

    for (const shell of ["sh", "bash"]) {
        it(`${shell}: carries every text byte for byte, whatever is in it`, () => {
            const texts = {
                "agent.sh": agent,
                "files/etc/containerd/certs.d/reg.example.org:5000/hosts.toml": `a = 'b'\n\n"$HOME" \`id\` \\n %s\n\n`,
                "files/etc/containerd/certs.d/reg.example.org:5000/ca.crt": "no newline at the end",
                hosts: "EOF\nEND\n",
                "files/it's": "",
            };
            assert.equal(run(texts, { shell }).status, 0);
            for (const [path, text] of Object.entries(texts)) {
                assert.equal(readFileSync(join(root, "seen", path), "utf8"), text, path);
            }
        });
    }

    it("tells the agent its verb and its variables, and prints the report alone", () => {
        const { status, stdout, stderr } = run({ "agent.sh": agent }, { verb: "remove", variables: { OWNER: "it's" } });
        assert.equal(stdout, `{"status":"remove","bundle":"b1","owner":"it's"}\n`);
        assert.equal(stderr, "said on standard output\n");
        assert.equal(status, 0);
    });

    it("fails as the agent fails, with its report", () => {
        const { status, stdout } = run({ "agent.sh": agent }, { verb: "fail" });
        assert.match(stdout, /^\{"status":"fail",/);
        assert.equal(status, 1);
    });

    it("says so when the agent ends without a report, and when there is no room to begin", () => {
        const silent = run({ "agent.sh": "exit 0" });
        assert.deepEqual(JSON.parse(silent.stdout), { status: "failed", cause: "the agent ended without a report" });
        assert.equal(silent.status, 1);
        const input = hostScript({ "agent.sh": agent }, {});
        const roomless = spawnSync("sh", ["-s", "apply"], {
            input,
            env: { PATH: process.env.PATH, TMPDIR: join(root, "absent") },
            encoding: "utf8",
        });
        assert.match(roomless.stdout, /^\{"status":"failed","cause":"cannot make a folder/);
        assert.equal(roomless.status, 1);
    });

    it("keeps what it carries from others, and leaves nothing of it behind", () => {
        run({ "agent.sh": agent });
        assert.equal(readFileSync(join(root, "mode"), "utf8"), "700\n");
        assert.deepEqual(
            readdirSync(root).filter((name) => name.startsWith("siteregistry.")),
            [],
        );
        assert.ok(existsSync(join(root, "seen", "agent.sh")));
    });

    it("means the machine's own paths unless it is told otherwise", () => {
        assert.match(hostScript({ "agent.sh": "" }, {}), /^export ROOT=''$/m);
    });
});
