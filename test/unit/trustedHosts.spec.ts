import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { sshKeyFor } from "../../settings/sshKeys.ts";
import { configure } from "../support/configuration.ts";

const hostKey = `ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBE=`;
const build1 = { name: "build1", address: "192.0.2.7", hostKey };
const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "sec1", format: "pem" })
    .toString();

function read(hosts: unknown[], sshKeys?: unknown): string[] {
    const values = { registry: { host: "registry.example.org" }, nodeTrust: { hosts } };
    configure(sshKeys === undefined ? values : { ...values, sshKeys }, ["sshKeys"]);
    try {
        readSettings();
    } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error));
        return error.message.split("\n  ").slice(1);
    }
    return [];
}

describe("machines over SSH in the settings", () => {
    it("need a name, an address and a host key; the rest has defaults", () => {
        assert.deepEqual(read([build1], { default: privateKey }), []);
        assert.deepEqual(readSettings().nodeTrust?.hosts, [
            { ...build1, port: 22, user: "root", runtime: "containerd" },
        ]);
        assert.match(read([{ name: "build1", address: "192.0.2.7" }], {})[0] ?? "", /hosts\.0\.hostKey: is missing/);
    });

    for (const [what, wrong, said] of [
        [
            "a host key with the name before it",
            { hostKey: `192.0.2.7 ${hostKey}` },
            /hostKey: .*allowed is a public key/,
        ],
        ["a fingerprint for a host key", { hostKey: "SHA256:abc" }, /hostKey: .*npm run hostkeys/],
        ["an address with a port", { address: "192.0.2.7:22" }, /address: .*allowed is an IP address or/],
        ["half an address", { address: "192.0.2" }, /address: .*allowed is an IP address or/],
        ["an unknown runtime", { runtime: "lxc" }, /runtime: is "lxc"; .*containerd/],
        ["a directory that leads elsewhere", { registryDirectory: "/etc/../x" }, /registryDirectory: .*without '\.\.'/],
        ["the name that stands for all", { name: "default" }, /name: is "default"; allowed is any but default/],
        ["what could be a shell's", { user: "a;b" }, /user: is "a;b"; allowed is the name of a Unix user/],
    ] as const) {
        it(`refuse ${what}`, () => {
            const lines = read([{ ...build1, ...wrong }], { default: privateKey });
            assert.equal(lines.length, 1, lines.join("\n"));
            assert.match(lines[0] ?? "", said);
        });
    }

    it("refuse two of one name and two of one address and port, and name the first", () => {
        const keys = { default: privateKey };
        assert.match(
            read([build1, { ...build1, address: "192.0.2.8" }], keys)[0] ?? "",
            /^nodeTrust\.hosts\.1\.name: is "build1"; allowed is each once; build1 has it as well$/,
        );
        assert.match(
            read([build1, { ...build1, name: "build2" }], keys)[0] ?? "",
            /^nodeTrust\.hosts\.1\.address: is "192\.0\.2\.7"; .*build1 has it as well$/,
        );
        assert.deepEqual(read([build1, { ...build1, name: "build2", port: 2222 }], keys), []);
    });
});

describe("the keys for SSH", () => {
    it("are a machine's own before the one for all", () => {
        assert.equal(sshKeyFor({ build1: "own", default: "all" }, "build1"), "own");
        assert.equal(sshKeyFor({ build1: "own", default: "all" }, "build2"), "all");
    });

    it("must be there for each machine, and for no other", () => {
        const build2 = { ...build1, name: "build2", port: 23 };
        assert.deepEqual(read([build1, build2], { build1: privateKey, default: privateKey }), []);
        assert.match(
            read([build1], undefined)[0] ?? "",
            /^sshKeys: has no key for the machine build1 .*--secret --path/,
        );
        assert.match(read([build1, build2], { build1: privateKey })[0] ?? "", /no key for the machine build2/);
        assert.match(
            read([build1], { build1: privateKey, old: privateKey })[0] ?? "",
            /^sshKeys\.old: no such machine/,
        );
    });

    it("are refused behind a passphrase, and when they are no keys, and none is ever shown", () => {
        const locked = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
        const pkcs8 = locked.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
        const sec1 = locked.export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
        for (const key of [pkcs8.toString(), sec1.toString(), opensshKey("aes256-ctr")]) {
            const [line = "", ...more] = read([build1], { default: key });
            assert.match(line, /^sshKeys\.default: is behind a passphrase/);
            assert.deepEqual(more, []);
            assert.ok(!line.includes("MII") && !line.includes("b3B"));
        }
        assert.deepEqual(read([build1], { default: opensshKey("none") }), []);
        for (const key of ["hunter2", "ssh-ed25519 AAAA", "", 7, privateKey.replaceAll("\n", " ")]) {
            const [line = ""] = read([build1], { default: key });
            assert.match(line, /^sshKeys\.default: must be a private key in PEM form/);
            assert.ok(!line.includes("hunter2"));
        }
    });
});

/** The beginning of OpenSSH's own form, with the name of a cipher. */
function opensshKey(cipher: string): string {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(cipher.length);
    const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), length, Buffer.from(cipher), Buffer.alloc(64)]);
    return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
