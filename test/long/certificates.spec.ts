import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { run, type Result } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { sealAuthority } from "../../tools/ca/authorityFile.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { below, CertificateSite } from "../support/certificateSite.ts";

/** Subject key identifier, which clients and old certificates know an authority by. */
async function keyIdOf(site: CertificateSite, pem: string): Promise<string> {
    return below(await site.described(pem), "X509v3 Subject Key Identifier:");
}

const publicKey = (pem: string): string =>
    new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" }).toString();

describe("an authority of our own", () => {
    let site: CertificateSite;
    let root: string;

    before(async () => {
        site = await CertificateSite.make("certs-own");
        root = (await site.up({})).caBundle ?? "";
    });

    after(async () => {
        await site.remove();
    });

    it("renews the server certificate inside the window, with the same key and no restart, and then holds still", async () => {
        const leaf = await site.mounted("tls.crt");
        const key = await site.mounted("tls.key");
        const window = { validityHours: 9528, earlyRenewalHours: 9528 };
        assert.deepEqual(new Set((await site.planned(window)).map(({ name }) => name)), new Set(["registry-server"]));
        const pods = await site.pods();
        const after = await site.up(window);
        const renewed = await site.mounted("tls.crt");
        assert.notEqual(new X509Certificate(renewed).serialNumber, new X509Certificate(leaf).serialNumber);
        assert.equal(await site.mounted("tls.key"), key);
        assert.equal(after.caBundle, root);
        await site.serves(root, new X509Certificate(renewed).serialNumber);
        assert.equal(await site.pods(), pods);
        // Narrowed again, nothing but the number changes.
        assert.deepEqual(await site.planned({}), [{ op: "update", name: "registry-server" }]);
    });

    it("is re-issued with the same key and subject, and the server gets a key of another kind", async () => {
        const leaf = await site.mounted("tls.crt");
        const changed = {
            algorithm: "RSA2048",
            caValidityHours: 50_000,
            authoritySubject: { commonName: "Another", organization: "another" },
        };
        const replaced = (await site.planned(changed)).filter(({ op }) => op === "replace").map(({ name }) => name);
        assert.deepEqual(replaced.sort(), [
            "registry-ca-1",
            "registry-server",
            "registry-server-key",
            "registry-server-request",
        ]);
        const reissued = (await site.up(changed)).caBundle ?? "";
        assert.notEqual(reissued, root);
        assert.equal(publicKey(reissued), publicKey(root));
        assert.equal(new X509Certificate(reissued).subject, new X509Certificate(root).subject);
        assert.equal(await keyIdOf(site, reissued), await keyIdOf(site, root));
        const renewed = await site.mounted("tls.crt");
        await site.verifies(leaf, reissued);
        await site.verifies(renewed, root);
        const text = await site.described(renewed);
        assert.match(text, /Public-Key: \(2048 bit\)/);
        assert.equal(below(text, "X509v3 Key Usage: critical"), "Digital Signature, Key Encipherment");
        assert.equal(below(text, "X509v3 Extended Key Usage:"), "TLS Web Server Authentication");
        await site.serves(root, new X509Certificate(renewed).serialNumber);
        await site.pulumi("preview", "--expect-no-changes");
        await site.up({});
    });

    it("leaves the state in a file, and a new state signs with it", async () => {
        const { stack } = site;
        const file = join(stack.folder, "ca.pem");
        const secret = join(stack.folder, "ca-passphrase");
        writeFileSync(secret, "correct horse battery\n", { mode: 0o600 });
        const ca = (verb: string, ...more: string[]): Promise<Result> =>
            run([process.execPath, join(checkout, "tools", "ca.ts"), verb, stack.name, file, ...more], {
                cwd: stack.folder,
                env: { ...stack.environment(), SITEREGISTRY_CA_PASSPHRASE_FILE: secret },
            });
        const before = (await site.outputs()).caBundle ?? "";

        const exported = await ca("export");
        assert.equal(exported.code, 0, exported.stderr);
        assert.equal(statSync(file).mode & 0o777, 0o600);
        const text = readFileSync(file, "utf8");
        assert.match(text, /BEGIN ENCRYPTED PRIVATE KEY/);
        assert.match((await ca("export")).stderr, /is there already, and may hold the only copy of a key/);
        assert.equal(readFileSync(file, "utf8"), text);
        // OpenSSL reads the file without us.
        await site.outside(["openssl", "pkey", "-noout", "-check", "-passin", "pass:correct horse battery"], text);

        await site.pulumi("destroy", "--yes", "--skip-preview");
        writeFileSync(secret, "wrong horse battery\n", { mode: 0o600 });
        assert.match((await ca("import", "--config-file", stack.file)).stderr, /the passphrase is wrong/);
        writeFileSync(secret, "correct horse battery\n", { mode: 0o600 });
        const imported = await ca("import", "--config-file", stack.file);
        assert.equal(imported.code, 0, imported.stderr);
        const said = [exported, imported].map(({ stdout, stderr }) => stdout + stderr).join("");
        assert.doesNotMatch(said, /PRIVATE KEY|correct horse/);
        assert.doesNotMatch(readFileSync(stack.file, "utf8"), /PRIVATE KEY/);

        const after = await site.up({ mode: "givenAuthority" });
        assert.equal(after.caBundle, before);
        assert.equal(
            after.authorityExpiry,
            new X509Certificate(before).validToDate.toISOString().replace(".000Z", "Z"),
        );
        await site.serves(before, new X509Certificate(await site.mounted("tls.crt")).serialNumber);
        await site.pulumi("preview", "--expect-no-changes");

        // What clients trust is in use: another authority must not take its place by accident.
        const other = makeCertificate({ name: "Other CA", ca: true });
        writeFileSync(file, sealAuthority(other, "correct horse battery", "other"));
        const configured = readFileSync(stack.file, "utf8");
        assert.match((await ca("import", "--config-file", stack.file)).stderr, /signs with another authority/);
        assert.equal(readFileSync(stack.file, "utf8"), configured);
    });
});

describe("certificates that others made", () => {
    let site: CertificateSite;

    before(async () => {
        site = await CertificateSite.make("certs-given");
    });

    after(async () => {
        await site.remove();
    });

    /** Gives material as a person does: by `pulumi config set`, from standard input. */
    async function give(path: string, text: string): Promise<void> {
        const { stack } = site;
        const command = stack.command(["config", "set", "--secret", "--path", `siteregistry:certificates.${path}`]);
        const set = await run(command, { cwd: checkout, env: stack.environment(), input: text });
        assert.equal(set.code, 0, set.stderr);
    }

    const root = makeCertificate({ name: "Corporate root", ca: true });
    const middle = makeCertificate({ name: "Corporate issuing CA", ca: true, issuer: root });

    it("an authority that is no root signs, and the server shows what leads to the root", async () => {
        await give("authority.certificate", middle.certificate);
        await give("authority.key", middle.key);
        const outputs = await site.up({ mode: "givenAuthority", bundle: root.certificate });
        assert.equal(outputs.caBundle, root.certificate);
        await site.asks(root.certificate);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("a certificate is shown as it is given", async () => {
        const { host, name } = site;
        const names = [host, name, `${name}.${name}`, `${name}.${name}.svc`, `${name}.${name}.svc.cluster.local`];
        const server = makeCertificate({ name: host, issuer: middle, names });
        site.stack.set((config) => {
            delete config["siteregistry:certificates"];
        });
        await give("server.certificate", server.certificate + middle.certificate);
        await give("server.key", server.key);
        const outputs = await site.up({ mode: "given", bundle: root.certificate });
        assert.equal(outputs.certificateExpiry, "2046-01-01T00:00:00Z");
        await site.serves(root.certificate, new X509Certificate(server.certificate).serialNumber);
        await site.pulumi("preview", "--expect-no-changes");
    });
});

describe("a certificate of cert-manager's, whose part the test plays", () => {
    let site: CertificateSite;
    let defined = false;
    const root = makeCertificate({ name: "Issuer of cert-manager", ca: true });
    const contracts = process.env.SITEREGISTRY_CONTRACTS ?? join(checkout, "..", "shared", "contracts");
    const definition = join(contracts, "crds", "cert-manager", "cert-manager.io_certificates.yaml");

    before(async () => {
        site = await CertificateSite.make("certs-issued");
        const there = await site.lab.kubectl(["get", "crd", "certificates.cert-manager.io"]);
        defined = there.code !== 0;
        if (defined) await site.kubectl(["create", "-f", definition]);
    });

    after(async () => {
        await site.remove();
        if (defined) await site.kubectl(["delete", "-f", definition]);
    });

    /** Fills the Secret as cert-manager would, with a certificate for what was asked. */
    async function issue(): Promise<string> {
        const { name } = site;
        const read = ["-n", name, "get", "certificate", `${name}-issued`, "-o", "json"];
        const { spec } = JSON.parse(await site.kubectl(read)) as {
            spec: { secretName: string; dnsNames: string[]; ipAddresses: string[] };
        };
        const made = makeCertificate({ name: site.host, issuer: root, names: [...spec.dnsNames, ...spec.ipAddresses] });
        const data = { "tls.crt": made.certificate, "tls.key": made.key, "ca.crt": root.certificate };
        const secret = {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: spec.secretName, namespace: name },
            type: "kubernetes.io/tls",
            stringData: data,
        };
        await site.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(secret));
        return new X509Certificate(made.certificate).serialNumber;
    }

    async function becomeReady(): Promise<void> {
        const { name } = site;
        const time = new Date().toISOString();
        const ready = { type: "Ready", status: "True", reason: "Ready", message: "", lastTransitionTime: time };
        const patch = JSON.stringify({ status: { conditions: [ready] } });
        const object = ["certificate", `${name}-issued`];
        await site.kubectl(["-n", name, "patch", ...object, "--subresource=status", "--type=merge", "-p", patch]);
    }

    it("is waited for, mounted, and trusted by its ca.crt", async () => {
        const certificate = { mode: "certManager", issuer: { name: "site", kind: "ClusterIssuer" } };
        const up = site.up(certificate);
        // Whatever it ends with, the wait below is over.
        const ended = up.then(
            () => true,
            () => true,
        );
        const asked = ["-n", site.name, "get", "certificate", `${site.name}-issued`];
        while ((await site.lab.kubectl(asked)).code !== 0)
            assert.equal(await Promise.race([ended, setTimeout(500, false)]), false, "up ended before it asked");
        const serial = await issue();
        // The Secret alone is not enough: what it is waited for is the word of cert-manager.
        await setTimeout(2000);
        assert.equal((await site.lab.kubectl(["-n", site.name, "get", "deployment", site.name])).code, 1);
        await becomeReady();
        const outputs = await up;
        assert.equal(outputs.caBundle, root.certificate);
        await site.serves(root.certificate, serial);
        await site.pulumi("preview", "--expect-no-changes");
    });

    it("is shown by the registry after cert-manager renewed it and an up", async () => {
        const serial = await issue();
        await site.pulumi("up", "--yes", "--skip-preview");
        await site.serves(root.certificate, serial);
        await site.pulumi("preview", "--expect-no-changes");
    });
});
