import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { renderKit } from "../../components/clientKit/kit.ts";
import { caFingerprints, rootsOf } from "../../components/clientKit/roots.ts";
import { exampleCa, exampleFingerprint, otherCa } from "../support/exampleCa.ts";

const kit = renderKit({ hosts: ["registry.example.org", "images.example.org:5000"], caBundle: exampleCa });
const scripts = ["trust-registry.sh", "trust-registry-macos.sh"];
const installed = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

describe("the client kit", () => {
    it("has one file for each platform, the CA, and a text that says what to compare", () => {
        assert.deepEqual(Object.keys(kit).sort(), ["README.txt", "ca.crt", ...scripts, "trust-registry.ps1"].sort());
        assert.equal(kit["ca.crt"], exampleCa);
        assert.ok(kit["README.txt"]?.includes(exampleFingerprint));
    });

    it("pins each root by the SHA-256 that openssl would print", () => {
        assert.deepEqual(caFingerprints(exampleCa), [exampleFingerprint]);
        const expected = [exampleCa, otherCa].map((pem) => new X509Certificate(pem).fingerprint256);
        assert.deepEqual(caFingerprints(`${exampleCa}${otherCa}`), expected);
        assert.deepEqual(caFingerprints(""), []);
        assert.equal(rootsOf(exampleCa)[0]?.notBefore, Date.UTC(2024, 0, 1) / 1000);
        const pin = exampleFingerprint.replaceAll(":", "").toLowerCase();
        for (const name of [...scripts, "trust-registry.ps1"]) assert.ok(kit[name]?.includes(pin), name);
    });

    it("gives the same texts twice, whatever stands around the certificates", () => {
        const around = `# a comment\r\n${exampleCa.replaceAll("\n", "\r\n")}\n\nEND_OF_CA\n$(reboot)\n`;
        const hosts = ["registry.example.org", "images.example.org:5000"];
        assert.deepEqual(renderKit({ hosts, caBundle: around }), kit);
    });

    it("takes nothing into a script that is no host and no certificate", () => {
        for (const host of [
            "a b",
            "$(reboot)",
            "a'b",
            "-x",
            "https://registry.example.org",
            "a/b",
            "a:0",
            "A.B",
            "a\nb",
        ]) {
            assert.throws(() => renderKit({ hosts: [host], caBundle: exampleCa }), /^Error: hosts: is /, host);
        }
        assert.throws(() => renderKit({ hosts: [], caBundle: exampleCa }), /hosts: is empty/);
        assert.throws(() => renderKit({ hosts: ["a.test"], caBundle: "" }), /caBundle: holds no certificate/);
        const broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert.throws(() => renderKit({ hosts: ["a.test"], caBundle: broken }), /cannot be read/);
    });

    it("hands a password to a client by standard input only, and refuses one on its own command line", () => {
        for (const name of scripts) {
            const text = kit[name] ?? "";
            assert.ok(text.includes("--password-stdin"), name);
            assert.ok(!/--password(?!-stdin)|login .*-p /.test(text), name);
        }
        const given = spawnSync("sh", ["-s", "--", "--password", "x"], { input: kit["trust-registry.sh"] });
        assert.equal(given.status, 2);
    });

    for (const name of scripts) {
        it(`${name} is POSIX sh`, () => {
            const parsed = spawnSync("sh", ["-n"], { input: kit[name], encoding: "utf8" });
            assert.equal(parsed.status, 0, parsed.stderr);
        });
        if (installed("shellcheck")) {
            it(`${name} passes shellcheck`, () => {
                const args = ["--shell=sh", "--severity=style", "-"];
                const checked = spawnSync("shellcheck", args, { input: kit[name], encoding: "utf8" });
                assert.equal(checked.status, 0, checked.stdout);
            });
        }
    }

    // What no test can run here is at least read by people when it changes.
    for (const [name, golden] of [
        ["trust-registry-macos.sh", "clientKit-macos.txt"],
        ["trust-registry.ps1", "clientKit-windows.txt"],
        ["README.txt", "clientKit-readme.txt"],
    ] as const) {
        it(`${name} is as it was last read`, () => {
            const file = join(import.meta.dirname, "..", "golden", golden);
            const text = (kit[name] ?? "").replaceAll("\r\n", "\n");
            if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, text);
            assert.equal(text, readFileSync(file, "utf8"));
        });
    }
});
