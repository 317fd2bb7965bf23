import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { pulumiHome } from "../../lab/engine.ts";
import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { underMocks } from "../support/mocks.ts";

const checkout = join(import.meta.dirname, "..", "..");
const templates = join(checkout, "templates");

const hostKey = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBExample=";

/** What a person puts in the place of each placeholder. */
const answers: Record<string, string> = {
    "<name of the cluster>": "site-7",
    "<public host of the registry>": "registry.site.test",
    "<login that pushes>": "ci",
    "<size of the volume, as 50Gi>": "50Gi",
    "<https address of the Harbor>": "https://harbor.site.test",
    "<https address of the registry to copy from>": "https://registry.example.test",
    "<repository, as library/redis>": "library/redis",
    "<Secret with the certificate of that host>": "site-registry-tls",
    "<namespace of the application>": "apps",
    "<name of the Quay>": "site",
    "<host of the S3 server>": "s3.site.test",
    "<name of the bucket>": "quay",
    "<address of the first user's mail>": "quay@site.test",
    "<address of the machine>": "192.0.2.10",
    "<login of the machine>": "admin",
    "<host key of the machine>": hostKey,
    "<path of distribution's program>": "LICENSE",
    "<what sha256sum says of it>": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "<address of the first node>": "192.0.2.11",
    "<login of the first node>": "admin",
    "<host key of the first node>": hostKey,
};

/** What a stack cannot say in its file. */
const secrets: Record<string, Record<string, unknown>> = {
    casd: { harborCredentials: { admin: "Harbor12345" } },
    kubespray: { sshKeys: { default: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" } },
    quay: { quayCredentials: { s3: { accessKey: "key", secretKey: "hunter2" } } },
};

/** What machines say over SSH. */
const said = {
    "host-machine-bastion": { stdout: "running\n" },
    "host-reach-node1": { stdout: "reached\n" },
    "host-nodes-host-node1": { stdout: '{"status":"applied"}' },
};

describe("the templates", function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), "templates-"));

    after(() => {
        rmSync(folder, { recursive: true });
    });

    const names = readdirSync(templates);

    it("are one for each stack", () => {
        assert.deepEqual(names, ["casd", "dev", "kubespray", "okd", "quay"]);
    });

    for (const name of names) {
        const made = join(folder, name);
        const values = (text: string) => (parse(text) as { config: Record<string, unknown> }).config;
        const stack = () => readFileSync(join(made, `Pulumi.${name}.yaml`), "utf8");

        it(`${name}: pulumi new makes a project of it, without a network`, () => {
            const args = ["new", join(templates, name), "--generate-only", "--yes", "--dir", made];
            const words = ["--name", "mysite", "--description", "a site: of mine"];
            const env = {
                ...process.env,
                PULUMI_SKIP_UPDATE_CHECK: "true",
                PULUMI_HOME: pulumiHome(),
                PULUMI_BACKEND_URL: `file://${folder}`,
            };
            execFileSync("npx", ["pulumi", ...args, ...words], { cwd: checkout, env, stdio: "pipe" });
            const project = parse(readFileSync(join(made, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
            assert.deepEqual([project.name, project.description], ["mysite", "a site: of mine"]);
            assert.equal(
                (JSON.parse(readFileSync(join(made, "package.json"), "utf8")) as { name: string }).name,
                "mysite",
            );
            accessSync(join(made, "plugin", "pulumi-resource-siteregistry"), constants.X_OK);
        });

        it(`${name}: every placeholder that is left is refused by its key`, () => {
            const text = stack();
            const left = [...text.matchAll(/<[^<>\n]+>(?=$|\n)/g)].map(([one]) => one);
            assert.ok(left.length > 1);
            configure(values(text));
            assert.throws(readSettings, (error: Error) => {
                assert.equal(error.message.match(/as the template has it/g)?.length, left.length);
                return left.every((one) => error.message.includes(`is "${one}", as the template has it`));
            });
            // Half of it is refused for the other half alone.
            configure(values(text.replace(left[0] ?? "", answers[left[0] ?? ""] ?? "")));
            assert.throws(
                readSettings,
                (error: Error) => !error.message.includes(left[0] ?? "") && error.message.includes(left[1] ?? ""),
            );
        });

        it(`${name}: once filled in, it is a site`, async () => {
            const filled = stack().replace(/<[^<>\n]+>(?=$|\n)/g, (one) => answers[one] ?? one);
            configure({ ...values(filled), ...secrets[name] });
            assert.ok((await underMocks(() => buildSite(readSettings(), []), said)).length > 3);
        });
    }
});
