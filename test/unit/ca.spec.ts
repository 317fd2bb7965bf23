import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PassThrough } from "node:stream";

import { readAuthorityFile, sealAuthority } from "../../tools/ca/authorityFile.ts";
import { passphrase } from "../../tools/ca/passphrase.ts";
import { authorityIn } from "../../tools/ca/stack.ts";
import { makeCertificate } from "../support/certificateMaker.ts";

const root = join(import.meta.dirname, "..", "..");
/** The resources of certificates in what `pulumi stack export --show-secrets` said of a site on the lab that is gone. */
const recording = join(root, "test", "recorded", "authority.json");
const state = JSON.parse(readFileSync(recording, "utf8")) as { deployment: { resources: { urn: string }[] } };
const authority = makeCertificate({ name: "Some CA", ca: true });
const good = "correct horse battery";

describe("the authority in a state", () => {
    it("is the one that signs the registry's certificate", () => {
        const found = authorityIn(state);
        const certificate = new X509Certificate(found?.certificate ?? "");
        assert.match(certificate.subject, /CN=registry CA 1/);
        assert.equal(certificate.ca, true);
        assert.match(found?.key ?? "", /^-----BEGIN EC PRIVATE KEY-----/);
    });

    it("is that of a registry on machines where that is asked for", () => {
        const text = JSON.stringify(state).replaceAll(
            "siteregistry:index:RegistryStack$",
            "siteregistry:index:HostRegistry$",
        );
        const onMachines = JSON.parse(text) as unknown;
        assert.equal(authorityIn(onMachines), undefined);
        assert.deepEqual(authorityIn(onMachines, "HostRegistry"), authorityIn(state));
    });

    it("is not there where nothing is signed", () => {
        const { resources } = state.deployment;
        const without = resources.filter(({ urn }) => !urn.includes("LocallySignedCert"));
        assert.equal(authorityIn({ deployment: { resources: without } }), undefined);
        assert.equal(authorityIn({}), undefined);
    });
});

describe("the file of an authority", () => {
    const text = sealAuthority(authority, good, "dev");

    it("gives back what was put in", () => {
        assert.deepEqual(readAuthorityFile(text, "f", good), {
            certificate: authority.certificate,
            key: authority.key,
        });
        assert.doesNotMatch(text, /BEGIN PRIVATE KEY/);
    });

    it("says what is wrong with it, and shows nothing of it", () => {
        assert.throws(() => readAuthorityFile(text, "f", "wrong"), /f cannot be decrypted: the passphrase is wrong/);
        assert.throws(
            () => readAuthorityFile("hello", "f", good),
            /no file of npm run ca: it holds 0 certificates and 0 enc/,
        );
        assert.throws(
            () => readAuthorityFile(authority.certificate + authority.key, "f", good),
            /and 0 encrypted keys/,
        );
        const other = sealAuthority(makeCertificate({ name: "Other", ca: true }), good, "dev");
        assert.throws(() => readAuthorityFile(authority.certificate + text + other, "f", good), /and 2 encrypted keys/);
        const crossed = authority.certificate + other.slice(other.indexOf("-----BEGIN ENCRYPTED"));
        assert.throws(() => readAuthorityFile(crossed, "f", good), /its key does not fit its certificate/);
    });
});

describe("the passphrase", () => {
    /** A terminal on which a person types these lines. */
    const typing = (...lines: string[]) => {
        const input = Object.assign(new PassThrough(), { isTTY: true });
        const output = new PassThrough();
        output.on("data", (text: Buffer) => {
            if (text.toString().endsWith(": ")) input.write(`${lines.shift() ?? ""}\n`);
        });
        return { input, output };
    };

    it("comes from a file, from the environment, or from the terminal, in this order", async () => {
        const folder = mkdtempSync(join(tmpdir(), "ca-"));
        const file = join(folder, "passphrase");
        writeFileSync(file, "in the first line\r\nnot this\n");
        assert.equal(await passphrase({ SITEREGISTRY_CA_PASSPHRASE: "no" }, file, "old"), "in the first line");
        assert.equal(
            await passphrase({ SITEREGISTRY_CA_PASSPHRASE_FILE: file }, undefined, "old"),
            "in the first line",
        );
        assert.equal(await passphrase({ SITEREGISTRY_CA_PASSPHRASE: "env" }, undefined, "old"), "env");
        assert.equal(await passphrase({}, undefined, "old", typing("typed")), "typed");
        rmSync(folder, { recursive: true });
    });

    it("is typed twice when it is new, must be long, and is not echoed", async () => {
        const terminal = typing(good, good);
        let shown = "";
        terminal.output.on("data", (text: Buffer) => (shown += text.toString()));
        assert.equal(await passphrase({}, undefined, "new", terminal), good);
        assert.equal(shown.includes("horse"), false);
        await assert.rejects(passphrase({}, undefined, "new", typing(good, "other")), /differ/);
        await assert.rejects(passphrase({ SITEREGISTRY_CA_PASSPHRASE: "short" }, undefined, "new"), /has 5 characters/);
        await assert.rejects(passphrase({}, undefined, "old", typing("")), /is empty/);
        await assert.rejects(passphrase({}, join(tmpdir(), "no such file"), "old"), /cannot be read: ENOENT/);
        const pipe = { input: new PassThrough(), output: new PassThrough() };
        await assert.rejects(passphrase({}, undefined, "old", pipe), /no terminal/);
    });
});

describe("npm run ca", () => {
    let folder: string;
    let file: string;

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "ca-"));
        file = join(folder, "ca.pem");
    });

    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs the tool with an engine that answers `export` with a state, knows no setting, and notes how it was called. */
    function ca(args: string[], exported = recording) {
        const npx = join(folder, "npx");
        const answers = [
            `*"stack export"*) cat '${exported}' ;;`,
            `*"config get"*) exit 255 ;;`,
            `*"config set"*) cat >>'${folder}/input' ;;`,
        ];
        writeFileSync(npx, `#!/bin/sh\necho "$*" >>'${folder}/calls'\ncase "$*" in\n${answers.join("\n")}\nesac\n`);
        chmodSync(npx, 0o755);
        return spawnSync(process.execPath, [join(root, "tools", "ca.ts"), ...args], {
            cwd: folder,
            encoding: "utf8",
            env: {
                PATH: `${folder}${delimiter}${process.env.PATH ?? ""}`,
                INIT_CWD: folder,
                SITEREGISTRY_CA_PASSPHRASE: good,
            },
        });
    }

    it("exports into a file of its own, which it never overwrites", () => {
        const done = ca(["export", "dev", "ca.pem"]);
        assert.equal(done.status, 0, done.stderr);
        assert.equal(done.stdout, "");
        assert.equal(statSync(file).mode & 0o777, 0o600);
        const text = readFileSync(file, "utf8");
        assert.equal(readAuthorityFile(text, file, good).certificate, authorityIn(state)?.certificate);
        const again = ca(["export", "dev", "ca.pem"]);
        assert.equal(again.status, 1);
        assert.match(again.stderr, /is there already/);
        assert.equal(readFileSync(file, "utf8"), text);
    });

    it("gives the key to the engine by standard input", () => {
        const none = join(folder, "none.json");
        writeFileSync(none, "{}");
        writeFileSync(file, sealAuthority(authority, good, "old"));
        const done = ca(["import", "dev", "ca.pem"], none);
        assert.equal(done.status, 0, done.stderr);
        assert.equal(readFileSync(join(folder, "input"), "utf8"), authority.certificate + authority.key);
        const calls = readFileSync(join(folder, "calls"), "utf8");
        assert.match(calls, /config set --secret --path siteregistry:certificates\.authority\.key --stack dev/);
        assert.match(calls, /config set --path siteregistry:registry\.certificate\.mode givenAuthority/);
        assert.doesNotMatch(calls, /BEGIN|horse/);
    });

    it("refuses, and changes nothing", () => {
        const none = join(folder, "none.json");
        writeFileSync(none, "{}");
        assert.match(ca(["export", "dev", "ca.pem"], none).stderr, /the stack dev has no authority/);
        assert.equal(existsSync(file), false);
        writeFileSync(file, sealAuthority(authority, good, "old"));
        assert.match(ca(["import", "dev", "ca.pem"]).stderr, /signs with another authority/);
        assert.match(ca(["import", "dev", "missing.pem"]).stderr, /missing\.pem cannot be read: ENOENT/);
        assert.match(ca(["show", "dev", "ca.pem"]).stderr, /usage: npm run ca/);
        assert.equal(existsSync(join(folder, "input")), false);
    });
});
