import assert from "node:assert/strict";

import bcrypt from "bcryptjs";
import fc from "fast-check";

import { dockerConfig } from "../../components/registry/dockerConfig.ts";
import { gateConfig } from "../../components/registry/gate.ts";
import { registryConfig } from "../../components/registry/registryConfig.ts";
import { hashPassword } from "../../components/registry/users.ts";

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
    const config = JSON.parse(
        registryConfig({ realm: "registry.example.org", drainSeconds: 30, storage: { driver: {}, redirect: false } }),
    ) as Record<string, Record<string, unknown>>;

    it("asks for a login, and is reached through the gate alone", () => {
        assert.deepEqual(config.auth, {
            htpasswd: { realm: "registry.example.org", path: "/etc/registry/users/htpasswd" },
        });
        assert.equal(config.http?.net, "unix");
        assert.equal(config.http.addr, "/run/registry/registry.sock");
    });

    it("holds no secret and opens no debug port", () => {
        assert.equal("secret" in (config.http ?? {}), false);
        assert.equal("debug" in (config.http ?? {}), false);
    });
});

describe("gateConfig", () => {
    const config = gateConfig({ realm: "Registry of Site 7" });
    const withFiles = gateConfig({ realm: "Registry of Site 7", files: "/var/lib/registry" });

    it("speaks nothing older than TLS 1.2, with the certificate of the moment", () => {
        assert.match(config, /ssl_protocols TLSv1\.2 TLSv1\.3;/);
        assert.match(config, /ssl_certificate \$certificate;/);
        assert.doesNotMatch(config, /listen [^;]*5000(?! ssl)/);
    });

    const ofLocation = (text: string, name: string): string =>
        new RegExp(`location ${name} \\{(.*?)\\n {8}\\}`, "s").exec(text)?.[1] ?? "";
    const onlyPushMayChange =
        /limit_except GET \{\s+auth_basic "Registry of Site 7";\s+auth_basic_user_file \S+\/push;/;

    it("asks for a login of the role push for all but GET and HEAD, in the one place that passes requests on", () => {
        assert.match(ofLocation(config, "/"), onlyPushMayChange);
        assert.equal(config.match(/proxy_pass http/g)?.length, 2); // the other asks whether the registry is alive
    });

    it("hands out files after distribution has been asked about the very same, and passes on all else by role", () => {
        assert.match(ofLocation(withFiles, "/"), onlyPushMayChange);
        assert.match(ofLocation(withFiles, "@registry"), onlyPushMayChange);
        assert.equal(withFiles.match(/proxy_pass http/g)?.length, 4);
        const files = ofLocation(withFiles, "~ .*?");
        assert.match(files, /if \(\$request_method != GET\) \{\s+return 418;/);
        assert.match(files, /auth_request \/gate\/allowed;/);
        const allowed = ofLocation(withFiles, "= /gate/allowed");
        assert.match(allowed, /internal;\s+proxy_method HEAD;/);
        assert.match(allowed, /proxy_pass http:\/\/registry\/v2\/\$repository\/blobs\/sha256:\$shard\$rest;/);
        // nginx drops what is said further out as soon as a place says one of them.
        const headers = (text: string) => [...text.matchAll(/proxy_set_header (\S+)/g)].map(([, name]) => name);
        assert.deepEqual(headers(allowed), ["Content-Length", ...headers(config)]);
    });

    it("reads no files where images are not files", () => {
        assert.doesNotMatch(config, /alias|auth_request/);
    });

    it("takes every connection that waits, so that a crowd of clients is not kept from its handshakes", () => {
        assert.match(config, /multi_accept on;/);
    });

    it("limits neither the size of a layer nor the time of a transfer that goes on", () => {
        assert.match(config, /client_max_body_size 0;/);
        assert.match(config, /proxy_request_buffering off;/);
    });
});
