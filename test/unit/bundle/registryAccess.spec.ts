import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { accessTo } from "../../../tools/bundle/registryAccess.ts";

describe("the way to a registry without regctl", () => {
    let folder: string;
    const names = ["REGCTL_CONFIG", "DOCKER_CONFIG", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] as const;
    const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "access-"));
        for (const name of names) Reflect.deleteProperty(process.env, name);
        process.env.REGCTL_CONFIG = join(folder, "regctl.json");
        process.env.DOCKER_CONFIG = folder;
    });
    afterEach(() => {
        for (const [name, value] of Object.entries(before)) {
            if (value === undefined) Reflect.deleteProperty(process.env, name);
            else process.env[name] = value;
        }
        rmSync(folder, { recursive: true });
    });
    const regctl = (value: object): void => {
        writeFileSync(join(folder, "regctl.json"), JSON.stringify(value));
    };
    const docker = (value: object): void => {
        writeFileSync(join(folder, "config.json"), JSON.stringify(value));
    };
    const auth = Buffer.from("me:pass:word").toString("base64");

    it("is by TLS and without a login where nobody says otherwise", () => {
        assert.deepEqual(accessTo("quay.io"), { url: "https://quay.io", insecure: false });
    });

    it("is as regctl's file says, and by Docker's login where that has none", () => {
        const known = { tls: "disabled", hostname: "127.0.0.1:5000", user: "me", pass: "secret", reqPerSec: 5 };
        regctl({ hosts: { "quay.io": known, "a.test": { tls: "insecure", regcert: "PEM", mirrors: [] } } });
        docker({ auths: { "a.test": { auth }, "https://index.docker.io/v1/": { auth } } });
        const login = { username: "me", password: "pass:word" };
        assert.deepEqual(accessTo("quay.io"), {
            ...{ url: "http://127.0.0.1:5000", insecure: false, username: "me", password: "secret" },
        });
        assert.deepEqual(accessTo("a.test"), { url: "https://a.test", insecure: true, caBundle: "PEM", ...login });
        assert.deepEqual(accessTo("docker.io"), { url: "https://docker.io", insecure: false, ...login });
    });

    it("is left to regctl where a file says what is not understood, another program has the login, or a proxy stands between", () => {
        regctl({ hosts: { "a.test": { mirrors: ["b.test"] }, "b.test": { credHelper: "docker-credential-x" } } });
        docker({ credHelpers: { "c.test": "x" }, auths: { "d.test": { identitytoken: "t" } } });
        for (const host of ["a.test", "b.test", "c.test", "d.test"]) assert.equal(accessTo(host), undefined, host);
        assert.notEqual(accessTo("e.test"), undefined);
        docker({ credsStore: "desktop" });
        assert.equal(accessTo("e.test"), undefined);
        docker({});
        process.env.https_proxy = "http://proxy.test:3128";
        assert.equal(accessTo("e.test"), undefined);
        delete process.env.https_proxy;
        for (const whole of [{ hostDefault: {} }, { incDockerCred: false }]) {
            regctl(whole);
            assert.equal(accessTo("e.test"), undefined);
        }
        writeFileSync(join(folder, "regctl.json"), "no JSON");
        assert.equal(accessTo("e.test"), undefined);
    });
});
