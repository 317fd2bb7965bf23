import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { reachScript } from "../../components/host/reach.ts";

describe("a future node that asks the registry", () => {
    const asks = (
        curl: string,
        login?: { name: string; password: string },
    ): { code: number | null; said: string; err: string } => {
        const folder = mkdtempSync(join(tmpdir(), "reach-"));
        try {
            writeFileSync(join(folder, "curl"), `#!/bin/sh\n${curl}\n`, { mode: 0o755 });
            const input = reachScript("node1", ["r.test:5000"], "the root", login);
            const env = { PATH: `${folder}:/usr/bin:/bin` };
            const { status, stdout, stderr } = spawnSync("sh", ["-s"], { input, env, encoding: "utf8" });
            return { code: status, said: stdout, err: stderr };
        } finally {
            rmSync(folder, { recursive: true });
        }
    };

    /** A registry that keeps what it is sent in a folder, as far as a pull of one image needs it. `fault` comes first. */
    const registry = (fault = ""): string => `
kept=\${0%/*}/kept; mkdir -p "$kept"; method=GET out= file= url=
while [ $# -gt 0 ]; do
    case $1 in
        --request) method=$2; shift ;;
        --output) out=$2; shift ;;
        --data-binary) file=\${2#@}; shift ;;
        --write-out | --header | --max-time | --config | --cacert | --dump-header) shift ;;
        https://*) url=$1 ;;
    esac
    shift
done
${fault}
case $method:$url in
    GET:*/v2/) printf 200 ;;
    POST:*) printf 'Location: /v2/x/blobs/uploads/1?_state=s\\r\\n' ;;
    PUT:*/manifests/*) cp "$file" "$kept/manifest"; printf 201 ;;
    PUT:*) cp "$file" "$kept/blob"; printf 201 ;;
    GET:*/manifests/*) cp "$kept/manifest" "$out" ;;
    GET:*) cp "$kept/blob" "$out" ;;
esac`;

    it("has reached it when it has pulled what it put there, and otherwise says what it got", () => {
        assert.deepEqual(asks(registry()), { code: 0, said: "reached\n", err: "" });
        const { code, err } = asks("printf 401");
        assert.equal(code, 1);
        assert.match(err, /host\.nodes: node1 gets 401 from https:\/\/r\.test:5000\/v2\//);
        assert.match(asks("printf 000; exit 60").err, /gets 000/);
        const full = asks(registry("case $method in PUT) printf 500; exit ;; esac"));
        assert.match(full.err, /node1 gets 500 from https:\/\/r\.test:5000\/v2\/x\/blobs\/uploads\/1, .*disk is full/);
        const other = asks(registry('case $method:$url in GET:*/blobs/*) echo other >"$out"; exit ;; esac'));
        assert.match(other.err, /node1 cannot pull https:\/\/r\.test:5000\/v2\/siteregistry\/reach\/blobs\/sha256:/);
    });

    it("shows its password to no list of processes", () => {
        const login = { name: "registry", password: "the password" };
        const show = `case "$*" in *"the password"*) printf 999; exit ;; esac\n${registry()}`;
        assert.equal(asks(show, login).said, "reached\n");
        assert.ok(reachScript("node1", ["r.test"], "", login).includes(`user = "registry:the password"`));
    });
});
