import assert from "node:assert/strict";

import bcrypt from "bcryptjs";
import fc from "fast-check";

import { dockerConfig } from "../../components/registry/dockerConfig.ts";
import { paths, registryConfig } from "../../components/registry/registryConfig.ts";
import { hashPassword } from "../../components/registry/users.ts";
import { hostsToml } from "../../components/nodeTrust/hostsToml.ts";

describe("htpasswd lines", () => {
    const salt = "abcdefghijklmnopqrstuO";

    it("are the same for the same password and salt, and true", () => {
        const hash = hashPassword("secret", salt, 5);
        assert.equal(hash, hashPassword("secret", salt, 5));
        assert.match(hash, /^\$2b\$05\$[./A-Za-z0-9]{53}$/);
        assert.equal(bcrypt.compareSync("secret", hash), true);
        assert.equal(bcrypt.compareSync("Secret", hash), false);
    });

    it("differ with the salt", () => {
        assert.notEqual(hashPassword("secret", salt, 5), hashPassword("secret", salt.replace("a", "b"), 5));
    });
});

describe("dockerConfig", () => {
    it("gives back what was put in, whatever the password holds", () => {
        fc.assert(
            fc.property(fc.string({ unit: "grapheme" }), (password) => {
                const text = dockerConfig([{ host: "registry.example.org", user: "ci", password }]);
                const entry = (JSON.parse(text) as { auths: Record<string, { auth: string; password: string }> }).auths[
                    "registry.example.org"
                ];
                assert.equal(entry?.password, password);
                assert.equal(Buffer.from(entry.auth, "base64").toString(), `ci:${password}`);
            }),
        );
    });
});

describe("registryConfig", () => {
    const config = JSON.parse(registryConfig("registry.example.org")) as Record<string, Record<string, unknown>>;

    it("speaks TLS and asks for a login", () => {
        assert.deepEqual(config.http?.tls, {
            certificate: `${paths.certificate}/tls.crt`,
            key: `${paths.certificate}/tls.key`,
            minimumtls: "tls1.2",
        });
        assert.deepEqual(config.auth, { htpasswd: { realm: "registry.example.org", path: `${paths.users}/htpasswd` } });
    });

    it("holds no secret and opens no debug port", () => {
        assert.equal("secret" in (config.http ?? {}), false);
        assert.equal("debug" in (config.http ?? {}), false);
    });
});

describe("hostsToml", () => {
    it("names one place and its roots, for containerd 1.6 as well as for newer ones", () => {
        const trust = ['capabilities = ["pull", "resolve", "push"]', 'ca = ["ca.crt"]'];
        assert.deepEqual(hostsToml("https://10.96.7.7:5000").split("\n").slice(1), [
            'server = "https://10.96.7.7:5000"',
            ...trust,
            "",
            '[host."https://10.96.7.7:5000"]',
            ...trust,
            "",
        ]);
    });
});
