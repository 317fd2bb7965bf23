import assert from "node:assert/strict";
import { lstatSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { eachShell } from "../support/agentShells.ts";
import { ScratchNode } from "../support/scratchNode.ts";

const folder = "/etc/containerd/certs.d";
const toml = `${folder}/one.test/hosts.toml`;

eachShell("the agent and files of others", (shell) => {
    let node: ScratchNode;
    let ours: Record<string, string>;
    beforeEach(() => {
        node = new ScratchNode(shell);
        ours = node.giveRendered("containerd", folder, "one.test");
    });
    afterEach(() => {
        node.clear();
    });

    const foreign = '# made by hand\nserver = "https://one.test"\n\n[host."https://cache.test"]\n  ca = "cache.crt"';

    it("adds our table to a hosts.toml, keeps its text and mode, and takes only ours away", () => {
        node.write(toml, foreign, 0o640);
        node.write(`${folder}/one.test/cache.crt`, "their root");
        const before = node.everything();
        node.apply();
        const table = (ours[toml] ?? "").slice((ours[toml] ?? "").indexOf("[host."));
        assert.equal(
            node.read(toml),
            `${foreign}\n# begin siteregistry; changes made by hand are undone\n${table}# end siteregistry\n`,
        );
        assert.equal(lstatSync(join(node.root, toml)).mode & 0o777, 0o640);
        assert.equal(node.apply(), "");
        node.remove();
        assert.deepEqual(node.everything(), before);
    });

    it("takes its table away from what others have changed since, and leaves the rest", () => {
        node.write(toml, foreign);
        node.apply();
        node.write(toml, `# changed\n${node.read(toml) ?? ""}`);
        node.remove();
        assert.equal(node.read(toml), `# changed\n${foreign}\n`);
    });

    it("follows a change of the bundle in a merged file", () => {
        node.write(toml, foreign);
        const before = node.everything();
        node.apply();
        node.giveRendered("containerd", folder, "one.test", "another root");
        node.apply();
        assert.equal(node.read(toml)?.match(/\[host\."https:\/\/one\.test"\]/g)?.length, 1);
        node.remove();
        assert.deepEqual(node.everything(), before);
    });

    for (const [why, text] of [
        ["has a table for our URL", "[ host . 'https://one.test' ]\nskip_verify = true\n"],
        ["has its hosts in one line", 'host = { "https://cache.test" = { ca = "x" } }\n'],
        ["has a text of many lines", 'x = """\n[host\n"""\n'],
    ] as const) {
        it(`refuses to add to a file that ${why}, and replaces it when told to`, () => {
            node.write(toml, text, 0o600);
            const before = node.everything();
            assert.match(node.refused(), /hosts\.toml on the node is somebody else's/);
            assert.deepEqual(node.everything(), before);
            node.apply({ env: { FOREIGN: "replace" } });
            assert.equal(node.read(toml), ours[toml]);
            // Told to merge again, it cannot, and keeps what it has.
            node.refused();
            assert.equal(node.read(toml), ours[toml]);
            node.remove();
            assert.deepEqual(node.everything(), before);
        });
    }

    it("replaces a link when told to, and puts it back", () => {
        node.write("/opt/hosts.toml", foreign);
        node.write(`${folder}/one.test/x`, "");
        symlinkSync(join(node.root, "opt/hosts.toml"), join(node.root, toml));
        const before = node.everything();
        node.refused();
        node.apply({ env: { FOREIGN: "replace" } });
        assert.equal(node.read("/opt/hosts.toml"), foreign);
        assert.equal(node.read(toml), ours[toml]);
        node.remove();
        assert.deepEqual(node.everything(), before);
    });

    it("refuses another file of the same name, and never removes one", () => {
        node.give({ "/etc/docker/certs.d/one.test/trust.crt": "root" });
        node.write("/etc/docker/certs.d/one.test/trust.crt", "someone else's");
        assert.match(node.refused({ env: { RUNTIME: "docker" } }), /trust\.crt exists on the node and is not ours/);
        assert.equal(node.read("/etc/docker/certs.d/one.test/trust.crt"), "someone else's");
    });

    it("leaves a file that says the same where it was", () => {
        node.give({ "/etc/docker/certs.d/one.test/same.crt": "root" });
        node.write("/etc/docker/certs.d/one.test/same.crt", "root");
        const before = node.everything();
        node.apply({ env: { RUNTIME: "docker" } });
        node.remove();
        assert.deepEqual(node.everything(), before);
    });

    it("honours what containerd read while there was no hosts.toml", () => {
        node.write(`${folder}/one.test/ca.crt`, "their root");
        node.write(`${folder}/one.test/client.cert`, "their certificate");
        node.write(`${folder}/one.test/client.key`, "their key", 0o600);
        node.write(`${folder}/one.test/lonely.cert`, "no key");
        const before = node.everything();
        node.apply();
        const name =
            Object.keys(ours)
                .find((path) => path.endsWith(".crt"))
                ?.split("/")
                .at(-1) ?? "";
        const lines = node.read(toml)?.split("\n") ?? [];
        assert.equal(lines.filter((line) => line === `ca = ["${name}", "ca.crt"]`).length, 2);
        assert.equal(lines.filter((line) => line === 'client = [["client.cert", "client.key"]]').length, 2);
        assert.equal(node.apply(), "");
        node.remove();
        assert.deepEqual(node.everything(), before);
    });

    it("keeps its own lines in /etc/hosts, beside those of others, and takes them back to the byte", () => {
        for (const text of ["127.0.0.1 localhost\n", "127.0.0.1 localhost", ""]) {
            node.write("/etc/hosts", text);
            const before = node.everything();
            node.give({}, "192.0.2.7 one.test\n");
            node.apply({ owner: "first" });
            node.apply({ owner: "second" });
            assert.equal(node.apply({ owner: "second" }), "");
            assert.match(node.read("/etc/hosts") ?? "", /# begin siteregistry first\n192\.0\.2\.7 one\.test\n# end/);
            node.give({}, "192.0.2.8 one.test\n");
            node.apply({ owner: "first" });
            node.write("/etc/hosts", `${node.read("/etc/hosts") ?? ""}192.0.2.9 later\n`);
            node.remove({ owner: "first" });
            node.remove({ owner: "second" });
            const end = text === "" || text.endsWith("\n") ? "" : "\n";
            assert.equal(node.read("/etc/hosts"), `${text}${end}192.0.2.9 later\n`);
            node.write("/etc/hosts", text);
            node.apply({ owner: "first" });
            node.remove({ owner: "first" });
            assert.deepEqual(node.everything(), before);
        }
    });

    it("ends what a killed agent had begun in /etc/hosts", () => {
        node.write("/etc/hosts", "127.0.0.1 localhost\n");
        node.give({}, "192.0.2.7 one.test\n");
        node.apply();
        node.write("/var/lib/siteregistry/trust/rewriting", "127.0.0.1 localhost\n");
        node.write("/etc/hosts", "127.0.");
        node.apply();
        assert.match(node.read("/etc/hosts") ?? "", /^127\.0\.0\.1 localhost\n# begin/);
        node.remove();
        assert.equal(node.read("/etc/hosts"), "127.0.0.1 localhost\n");
    });
});
