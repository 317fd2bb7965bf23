import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { exampleCa } from "../support/exampleCa.ts";

const script = join(import.meta.dirname, "..", "..", "tools", "okd", "internal-registry.sh");
const token = "sha256~token-of-a-person";

describe("the troubleshooting script of the internal registry", () => {
    let folder: string;

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "okd-script-"));
        // `oc` runs here what it would run on the node; curl and podman tell how they were called.
        tool(
            "oc",
            `case "$*" in
            "whoami --show-token") printf '%s' "$TOKEN" ;;
            "get configmap"*) cat "$FOLDER/ca" ;;
            "debug"*) while [ "$1" != /host ]; do shift; done; shift; exec "$@" ;;
        esac`,
        );
        const note = (name: string): string =>
            `{ printf '${name}'; printf ' %s' "$@"; printf '\\n'; } >>"$FOLDER/calls"`;
        tool(
            "curl",
            `${note("curl")}; while [ "$1" != --cacert ]; do shift; done; cp "$2" "$FOLDER/believed"; printf 200; exit "\${CURL_EXIT:-0}"`,
        );
        tool("podman", `${note("podman")}; [ "$1" != login ] || cat >"$FOLDER/stdin"`);
        writeFileSync(join(folder, "ca"), exampleCa);
    });
    afterEach(() => {
        rmSync(folder, { recursive: true, force: true });
    });

    const tool = (name: string, body: string): void => {
        writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
        chmodSync(join(folder, name), 0o755);
    };
    const run = (args: string[], env: Record<string, string> = {}) => {
        const path = `${folder}${delimiter}${process.env.PATH ?? ""}`;
        return spawnSync("sh", [script, ...args], {
            encoding: "utf8",
            env: { PATH: path, FOLDER: folder, TOKEN: token, TMPDIR: folder, ...env },
        });
    };
    const file = (name: string): string => readFileSync(join(folder, name), "utf8");

    it("verifies with the service CA, and gives the token by standard input alone", () => {
        const { status, stdout, stderr } = run(["worker-0", "apps/backend:1"]);
        assert.equal(status, 0, stderr);
        assert.match(stdout, /verified with the service CA \(healthz: 200\)/);
        assert.equal(file("believed").trim(), exampleCa.trim());
        assert.equal(file("stdin"), token);
        const calls = file("calls");
        assert.match(
            calls,
            /podman login --authfile \S+ --cert-dir \S+ --username unused --password-stdin image-registry\.openshift-image-registry\.svc:5000/,
        );
        assert.match(
            calls,
            /podman pull --quiet .* image-registry\.openshift-image-registry\.svc:5000\/apps\/backend:1/,
        );
        assert.ok(!calls.includes(token) && !`${stdout}${stderr}`.includes(token));
        assert.ok(!/tls-verify|insecure/.test(calls));
    });

    it("says what stands in the way", () => {
        assert.match(run([]).stderr, /usage:/);
        assert.match(run(["worker-0", "a;b"]).stderr, /no image: a;b/);
        assert.match(run(["worker-0"], { TOKEN: "" }).stderr, /this login has no token/);
        writeFileSync(join(folder, "ca"), "");
        assert.match(run(["worker-0"]).stderr, /holds no CA/);
    });

    it("fails where the registry shows another certificate", () => {
        const { status, stdout } = run(["worker-0"], { CURL_EXIT: "60" });
        assert.equal(status, 1);
        assert.match(stdout, /does not answer with a certificate of the service CA/);
    });
});
