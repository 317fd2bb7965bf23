import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { createTrustedHost, statusOf, type HostStatus, type HostTrustArgs } from "../../components/nodeTrust/host.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const type = "command:remote:Command";
const report = { status: "applied", bundle: "b1", runtime: "docker", files: 1, paths: ["/etc/docker"], warnings: [] };
const base: HostTrustArgs = {
    ...{ host: "build1", address: "192.0.2.7", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
    ...{ privateKey: "the private key", owner: "trust", secret: false, environment: { RUNTIME: "docker" } },
    entries: { "agent.sh": "the agent", "files/etc/docker/certs.d/r/trust.crt": "the root" },
};

async function made(
    args: Partial<HostTrustArgs> = {},
    said = report,
): Promise<{ command: Registered; seen: Registered[]; status: unknown }> {
    let status: unknown;
    const seen = await underMocks(
        () => {
            createTrustedHost("trust", { ...base, ...args }, {}).apply((value) => {
                status = value;
            });
        },
        { "trust-host-build1": { stdout: JSON.stringify(said) } },
    );
    return { command: find(seen, type, "trust-host-build1"), seen, status };
}

describe("a machine over SSH", () => {
    it("is one command that writes and takes back by the same script", async () => {
        const { command, seen } = await made();
        assert.equal(seen.length, 1);
        assert.equal(command.inputs.create, "sh -s apply");
        assert.equal(command.inputs.delete, "sh -s remove");
        assert.equal(command.inputs.update, undefined, "an update writes as the creation did");
        const script = String(command.inputs.stdin);
        for (const line of ["export OWNER='trust'", "export RUNTIME='docker'", "export ROOT=''"]) {
            assert.ok(script.includes(`${line}\n`), line);
        }
        assert.match(script, /^export BUNDLE_ID='[0-9a-f]{12}'$/m);
        assert.match(script, /^printf %s 'the root' >/m);
    });

    it("has a secret connection, whose host key decides which machine it is", async () => {
        const { command } = await made();
        assert.ok(command.secrets.includes("connection"));
        assert.ok(!command.secrets.includes("stdin"), "a review shows what is written");
        const connection = command.inputs.connection as Record<string, unknown>;
        assert.equal(connection.hostKey, "ssh-ed25519 AAAA");
        assert.equal(connection.privateKey, "the private key");
        const { connection: hidden, ...rest } = command.inputs;
        assert.ok(hidden !== undefined && !JSON.stringify(rest).includes("the private key"));
    });

    it("has a secret script where one of the files is secret", async () => {
        const { command } = await made({ secret: true });
        assert.ok(command.secrets.includes("stdin"));
    });

    it("uses sudo without a question for users other than root", async () => {
        const { command } = await made({ user: "keeper" });
        assert.equal(command.inputs.create, "sudo -n sh -s apply");
        assert.equal(command.inputs.delete, "sudo -n sh -s remove");
    });

    it("is another machine at another address or port, and under another name of the trust", async () => {
        const { command } = await made();
        assert.deepEqual(command.inputs.triggers, ["192.0.2.7", 22, "trust"]);
    });

    it("has the bundle's identity change with any file, and with nothing else", async () => {
        const id = async (args: Partial<HostTrustArgs>): Promise<string> =>
            /^export BUNDLE_ID='(.*)'$/m.exec(String((await made(args)).command.inputs.stdin))?.[1] ?? "";
        const first = await id({});
        assert.equal(await id({ user: "keeper" }), first);
        assert.notEqual(await id({ entries: { "agent.sh": "another" } }), first);
    });

    it("tells what the agent reported", async () => {
        const { status } = await made();
        const { files, ...told } = report;
        assert.equal(files, 1);
        assert.deepEqual(status, { host: "build1", ...told, roots: [] });
    });

    it("shows the roots that it has, once it reports the bundle that they are in", async () => {
        const ca = makeCertificate({ name: "CA", ca: true }).certificate;
        const args = { secret: true, entries: { "agent.sh": "the agent", "files/etc/d/r/a.crt": ca, "files/x": ca } };
        const { command, status } = await made(args);
        assert.deepEqual((status as HostStatus).roots, [], "the report is of another bundle");
        const bundle = /^export BUNDLE_ID='(.*)'$/m.exec(String(command.inputs.stdin))?.[1] ?? "";
        const later = await made(args, { ...report, bundle });
        assert.deepEqual((later.status as HostStatus).roots, [new X509Certificate(ca).fingerprint256]);
    });

    it("fails by name where a command was cut off, which is no error of its own", () => {
        assert.throws(() => statusOf("build1", ""), pulumi.RunError);
        assert.throws(() => statusOf("build1", ""), /the machine build1 sent no report/);
    });
});
