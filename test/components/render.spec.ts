import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse, parseAllDocuments, stringify } from "yaml";

import { Refusal } from "../../tools/ca/refusal.ts";
import { manifests, stream } from "../../tools/render/manifests.ts";
import { declaredObjects, pathOf } from "../../tools/render/objects.ts";
import { withPullSecrets } from "../../tools/render/pullSecrets.ts";
import { unknown } from "../../tools/render/placeholders.ts";
import type { Registered } from "../../tools/render/registrations.ts";
import { registeredBy } from "../../tools/render/site.ts";
import { readStackFile } from "../../tools/render/stackFile.ts";

const golden = join(import.meta.dirname, "..", "golden");

/** What of a golden file is a Kubernetes object, as `kind namespace/name`. */
function goldenObjects(stack: string): string[] {
    const rows = JSON.parse(readFileSync(join(golden, `${stack}.json`), "utf8")) as Registered[];
    return withPullSecrets(rows)
        .filter(({ type, inputs }) => type.startsWith("kubernetes:") && "metadata" in inputs)
        .map(({ inputs }) => inputs as { kind: string; metadata: { name: string; namespace?: string } })
        .map(idOf)
        .sort();
}

/** Without the digest at the end of a name, which is one over placeholders. */
function idOf({ kind, metadata }: { kind: string; metadata: { name: string; namespace?: string } }): string {
    return [kind, metadata.namespace ?? "", metadata.name.replace(/-[0-9a-f]{12}$/, "-[digest]")].join(" ");
}

function render(registered: readonly Registered[], shown: readonly string[] = []): string {
    return stream(manifests(declaredObjects(registered, shown)));
}

describe("render: the objects of a stack without engine and cluster", () => {
    for (const stack of ["dev", "casd", "okd"]) {
        it(`${stack}: the objects of its golden file, the same in every run, and no secret`, async () => {
            const registered = await registeredBy(readStackFile(stack));
            const objects = declaredObjects(registered).map(({ object }) => object);
            assert.deepEqual(objects.map(idOf).sort(), goldenObjects(stack));
            const text = render(registered);
            assert.equal(render([...(await registeredBy(readStackFile(stack)))].reverse()), text);
            assert.equal(parseAllDocuments(text).length, objects.length);
            // Every secret of the placeholders says that it is not known, and nothing else in these stacks does so in plain text.
            assert.ok(!text.includes(`: ${unknown}`) && !text.includes("PRIVATE KEY"), "a secret is shown");
        });
    }

    it("masks a Secret such that an API server takes it", async () => {
        const objects = declaredObjects(await registeredBy(readStackFile("dev"))).map(({ object }) => object);
        const pull = objects.find(({ type }) => type === "kubernetes.io/dockerconfigjson");
        const [text] = Object.values(pull?.data as Record<string, string>);
        assert.equal(Buffer.from(text ?? "", "base64").toString(), '{"[secret]":{}}');
        const registered = {
            type: "kubernetes:core/v1:Secret",
            name: "one",
            inputs: { apiVersion: "v1", kind: "Secret", metadata: { name: "one" }, data: { a: "c2VjcmV0" } },
            secrets: [],
            component: false,
        };
        assert.deepEqual(declaredObjects([registered])[0]?.object.data, {
            a: Buffer.from("[secret]").toString("base64"),
        });
    });

    it("shows the Secret that is asked for by name, and no other", async () => {
        const registered = await registeredBy(readStackFile("dev"));
        const users = declaredObjects(registered).find(({ object }) => /users/.test(object.metadata.name));
        assert.ok(users !== undefined);
        const shown = declaredObjects(registered, [pathOf(users.object)]).map(({ object }) => object);
        const secrets = shown.filter(({ kind, stringData }) => kind === "Secret" && stringData !== undefined);
        const plain = secrets.filter(({ stringData }) => !JSON.stringify(stringData).includes("[secret]"));
        assert.deepEqual(plain.map(pathOf), [pathOf(users.object)]);
        assert.throws(
            () => declaredObjects(registered, ["nothing"]),
            (error: Error) => error instanceof Refusal && error.message.includes(pathOf(users.object)),
        );
    });

    it("gives each object a file of its own", async () => {
        const files = manifests(declaredObjects(await registeredBy(readStackFile("okd")))).map(({ file }) => file);
        assert.equal(new Set(files).size, files.length);
        assert.ok(
            files.some((file) => file.startsWith("patches/okd-")),
            files.join(" "),
        );
    });
});

describe("render: the file of a stack", () => {
    let folder: string;
    before(() => {
        folder = mkdtempSync(join(tmpdir(), "render-"));
    });
    after(() => {
        rmSync(folder, { recursive: true });
    });

    function file(config: Record<string, unknown>): string {
        const path = join(folder, "Pulumi.some.yaml");
        writeFileSync(path, stringify({ encryptionsalt: "v1:salt", config }));
        return path;
    }

    it("needs no passphrase for what is encrypted", async () => {
        const base = (parse(readFileSync("Pulumi.dev.yaml", "utf8")) as { config: Record<string, unknown> }).config;
        const secure = { secure: "v1:abc:def" };
        const path = file({
            ...base,
            "siteregistry:passwords": { reader: secure },
            "siteregistry:kubeconfig": secure,
        });
        const { values, stoodInFor } = readStackFile("some", path);
        assert.deepEqual(stoodInFor, [
            "siteregistry:passwords.reader is encrypted",
            "siteregistry:kubeconfig is encrypted",
        ]);
        assert.ok(!JSON.stringify(values).includes("v1:abc"));
        const text = render(await registeredBy({ values, stoodInFor }));
        assert.ok(!text.includes("[encrypted]"), "what is encrypted is secret");
    });

    it("stands in for a bucket's keys, but not for the rest of them", async () => {
        const registry = { host: "registry.site.test", storage: { kind: "s3", s3: { bucket: "images" } } };
        const stack = readStackFile("some", file({ registry }));
        assert.match(stack.stoodInFor.join(), /s3Credentials.accessKey is not there.*s3Credentials.secretKey/);
        await assert.rejects(registeredBy(stack), (error: Error) => !error.message.includes("s3Credentials: "));
    });

    it("stands in for the keys of machines, encrypted or not there", async () => {
        const machine = { name: "bastion", address: "192.0.2.10", hostKey: "ssh-ed25519 AAAA", runtime: "docker" };
        const base = { registry: { host: "registry.site.test" }, nodeTrust: { hosts: [machine] } };
        for (const config of [base, { ...base, sshKeys: { bastion: { secure: "v1:abc" } } }]) {
            const stack = readStackFile("some", file(config));
            assert.match(stack.stoodInFor.join(), /sshKeys\./);
            await assert.rejects(registeredBy(stack), (error: Error) => !error.message.includes("  sshKeys"));
        }
    });

    it("refuses a stack that is not there, a file that is none, and every mistake of the settings at once", async () => {
        assert.throws(() => readStackFile("prod"), /there is no stack prod\n {2}allowed are casd, dev, kubespray, okd/);
        assert.throws(() => readStackFile("some", join(folder, "missing.yaml")), /missing.yaml cannot be read/);
        writeFileSync(join(folder, "list.yaml"), "- a\n");
        assert.throws(() => readStackFile("some", join(folder, "list.yaml")), /has no map under config/);
        const broken = readStackFile("some", file({ registry: { host: "a b" }, nodeTrust: { mode: "none" } }));
        await assert.rejects(registeredBy(broken), (error: Error) => {
            assert.ok(error instanceof Refusal);
            assert.match(error.message, /registry\.host: .*\n.*nodeTrust\.mode: /s);
            return true;
        });
    });
});
