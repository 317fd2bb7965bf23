import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { secretKeys } from "../../settings/schema.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";

const host = "registry.example.org";

/** What is said against a site with this section, line by line; empty when nothing is. */
function mistakes(nodeTrust: object, secrets: Record<string, unknown> = {}): string[] {
    configure({ registry: { host }, nodeTrust, ...secrets }, [...secretKeys]);
    try {
        readSettings();
        return [];
    } catch (error) {
        if (!pulumi.RunError.isInstance(error)) throw error;
        return error.message.split("\n  ").slice(1);
    }
}

function only(lines: string[], pattern: RegExp): void {
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0] ?? "", pattern);
}

const url = "https://mirror.example.org";
const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

describe("settings of node trust", () => {
    it("has one pool of containerd by default", () => {
        configure({ registry: { host }, nodeTrust: {} });
        assert.deepEqual(readSettings().nodeTrust?.pools, [{ name: "default", selector: {}, runtime: "containerd" }]);
    });

    it("refuses runtimes that it does not know, and names those that it does", () => {
        only(
            mistakes({ pools: [{ name: "a", runtime: "isulad" }] }),
            /^nodeTrust\.pools\.0\.runtime: is "isulad"; .*"containerd".*"auto"/,
        );
    });

    it("refuses a directory that the runtime does not read", () => {
        only(
            mistakes({ pools: [{ name: "a", runtime: "crio", registryDirectory: "/etc/containerd/certs.d" }] }),
            /^nodeTrust\.pools\.0\.registryDirectory: .*crio reads no such directory; allowed are \/etc\/containers\/certs\.d/,
        );
        only(
            mistakes({ registryDirectory: "/root" }),
            /^nodeTrust\.registryDirectory: is "\/root"; containerd reads no such directory/,
        );
        assert.deepEqual(mistakes({ registryDirectory: "/etc/containerd/mine/certs.d" }), []);
    });

    it("refuses pools of one name, and names that are too long for a label", () => {
        only(mistakes({ pools: [{ name: "a" }, { name: "a" }] }), /^nodeTrust\.pools: .*allowed is each name once/);
        only(
            mistakes({ pools: [{ name: "p".repeat(50) }] }),
            /^nodeTrust\.pools\.0\.name: .*at most 62 characters, so 49 are left/,
        );
    });

    it("refuses what the runtime of a pool takes from elsewhere", () => {
        const pools = [{ name: "a", runtime: "docker" }];
        only(mistakes({ pools, mirrors: [{ upstream: "docker.io" }] }), /^nodeTrust\.mirrors: the pool a has docker/);
        only(
            mistakes({ pools, insecureRegistries: ["old.test"] }),
            /^nodeTrust\.insecureRegistries: the pool a has docker/,
        );
        const nodeCredentials = { [host]: { user: "reader", password: "correct horse" } };
        only(mistakes({ pools }, { nodeCredentials }), /^nodeCredentials: the pool a has docker.*use pull secrets/);
    });

    it("refuses what the runtime of a machine over SSH takes from elsewhere, all of it at once", () => {
        const machine = (name: string, runtime: string, address: string): object => ({
            ...{ name, runtime, address, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" },
        });
        const hosts = [
            machine("plain", "containerd", "192.0.2.1"),
            machine("build1", "podman", "192.0.2.2"),
            machine("build2", "crio", "192.0.2.3"),
        ];
        const secrets = {
            sshKeys: { default: privateKey },
            nodeCredentials: { [host]: { user: "reader", password: "correct horse" } },
        };
        const asked = { mirrors: [{ upstream: "docker.io" }], insecureRegistries: ["old.test"] };
        assert.deepEqual(
            mistakes({ hosts, ...asked }, secrets).map((line) => line.split(", which")[0]),
            ["nodeCredentials", "nodeTrust.mirrors", "nodeTrust.insecureRegistries"].flatMap((key) => [
                `${key}: the machine build1 (nodeTrust.hosts.1) has podman`,
                `${key}: the machine build2 (nodeTrust.hosts.2) has crio`,
            ]),
        );
        assert.deepEqual(mistakes({ hosts: hosts.slice(0, 1), ...asked }, secrets), []);
        assert.deepEqual(mistakes({ hosts }, { sshKeys: secrets.sshKeys }), []);
    });

    it("refuses roots of a mirror that are none, or have ended, or hold a key", () => {
        const good = makeCertificate({ name: "Mirror CA", ca: true });
        const mirror = (bundle: string): string[] => mistakes({ mirrors: [{ upstream: "docker.io", url, bundle }] });
        assert.deepEqual(mirror(good.certificate), []);
        only(mirror("none"), /^nodeTrust\.mirrors\.0\.bundle: holds no certificate/);
        only(mirror(good.key), /^nodeTrust\.mirrors\.0\.bundle: holds a private key/);
        only(
            mirror(makeCertificate({ name: "leaf" }).certificate),
            /bundle: the certificate of .*leaf is no authority/,
        );
        only(
            mirror(makeCertificate({ name: "old", ca: true, to: new Date("2020-01-01") }).certificate),
            /bundle: .* ended at 2020/,
        );
        only(
            mistakes({ mirrors: [{ upstream: "docker.io", url }] }),
            /^nodeTrust\.mirrors\.0\.url: .*goes with `bundle`/,
        );
    });

    it("refuses hosts that are named for two things", () => {
        only(mistakes({ mirrors: [{ upstream: host }] }), /^nodeTrust\.mirrors: .*is the registry's own/);
        only(mistakes({ insecureRegistries: [host] }), /^nodeTrust\.insecureRegistries: .*is the registry's own/);
        const both = { mirrors: [{ upstream: "old.test" }], insecureRegistries: ["old.test"] };
        only(mistakes(both), /^nodeTrust\.insecureRegistries: .*has a mirror/);
    });

    it("refuses files in a mode that has none", () => {
        only(mistakes({ mode: "systemStore" }), /^nodeTrust\.reachBy: is missing; .*set it to host/);
        const mode = { mode: "systemStore", reachBy: "host" };
        assert.deepEqual(mistakes(mode), []);
        only(mistakes({ ...mode, pools: [{ name: "a" }, { name: "b" }] }), /^nodeTrust\.pools: .*has one pool/);
        only(mistakes({ ...mode, mirrors: [{ upstream: "docker.io" }] }), /^nodeTrust\.mirrors: /);
        only(mistakes(mode, { nodeCredentials: { [host]: { user: "a", password: "b" } } }), /^nodeCredentials: /);
    });

    it("refuses one name for two ConfigMaps, given or by default", () => {
        const same = { systemStore: { certificatesName: "a", scriptName: "a" } };
        only(mistakes(same), /^nodeTrust\.systemStore\.scriptName: is "a"; .*need two names/);
        const other = { systemStore: { certificatesName: "node-ca-trust-script" } };
        only(mistakes(other), /^nodeTrust\.systemStore\.certificatesName: .*need two names/);
    });

    it("checks logins of nodes without showing one", () => {
        const password = "correct horse battery";
        const of = (nodeCredentials: unknown): string[] => mistakes({}, { nodeCredentials });
        assert.deepEqual(of({ [host]: { user: "reader", password } }), []);
        only(of(password), /^nodeCredentials: must map hosts to user and password/);
        only(of({ [host]: { user: "reader" } }), /^nodeCredentials\.registry\.example\.org\.password: must be a text/);
        only(of({ [host]: { user: "a:b", password } }), /user: holds a colon/);
        only(of({ "other.test": { user: "reader", password } }), /^nodeCredentials\.other\.test: no such host/);
        for (const lines of [of(password), of({ x: { user: "a:b", password, more: password } })])
            assert.ok(lines.length > 0 && !lines.join().includes(password));
    });
});
