import assert from "node:assert/strict";

import { HostRegistry, type HostRegistryArgs } from "../../components/hostRegistry.ts";
import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const type = "command:remote:Command";
const ssh = { port: 22, user: "keeper", hostKey: "ssh-ed25519 AAAA", privateKey: "the private key" };
const base: HostRegistryArgs = {
    ...{ registryName: "r", runtime: "systemd", dataDirectory: "/srv/r", port: 5000, plain: false, state: "running" },
    machines: [{ ...ssh, name: "one", address: "192.0.2.7", host: "r.test" }],
    ...{ binary: { path: "LICENSE", sha256: "5".repeat(64) }, users: [{ name: "ops" }], deleteData: false },
    certificate: { algorithm: "ECDSA", caValidityHours: 100, validityHours: 10, earlyRenewalHours: 1 },
};

async function made(args: Partial<HostRegistryArgs> = {}): Promise<Registered[]> {
    const said = { stdout: "running\n" };
    return underMocks(
        () => {
            new HostRegistry("host", { ...base, ...args });
        },
        { "host-machine-one": said, "host-machine-two": said, "host-folder-one": { stdout: "another one\n" } },
    );
}

const scriptOf = (seen: Registered[], machine = "one"): string =>
    String(find(seen, type, `host-machine-${machine}`).inputs.stdin);

describe("a registry on machines", () => {
    it("is one secret script for each, with the same users and authority", async () => {
        const two = { ...ssh, name: "two", address: "192.0.2.8", host: "s.test" };
        const seen = await made({ machines: [...base.machines, two] });
        for (const name of ["one", "two"]) {
            const { inputs, secrets } = find(seen, type, `host-machine-${name}`);
            assert.equal(inputs.create, "sudo -n sh -s apply");
            assert.ok(secrets.includes("stdin"));
            assert.ok(secrets.includes("connection"));
        }
        assert.match(scriptOf(seen), /^HOST='r\.test:5000'$/m);
        assert.match(scriptOf(seen, "two"), /^HOST='s\.test:5000'$/m);
        assert.equal(seen.filter((one) => one.type.endsWith("LocallySignedCert")).length, 1);
        const request = find(seen, "tls:index/certRequest:CertRequest", "host-server-request");
        assert.deepEqual(request.inputs.dnsNames, ["r.test", "s.test"]);
        assert.deepEqual(request.inputs.ipAddresses, ["192.0.2.7", "192.0.2.8"]);
    });

    it("goes through the machine in between, whose key has to fit as well", async () => {
        const jump = { ...ssh, address: "192.0.2.1", privateKey: "the key of the jump" };
        const seen = await made({ machines: base.machines.map((one) => ({ ...one, jump })) });
        const { connection } = find(seen, type, "host-machine-one").inputs as {
            connection: { proxy: Record<string, unknown> };
        };
        assert.equal(connection.proxy.host, "192.0.2.1");
        assert.equal(connection.proxy.hostKey, jump.hostKey);
        assert.equal(connection.proxy.privateKey, jump.privateKey);
    });

    it("has TLS and a login, unless it is plain", async () => {
        const script = scriptOf(await made());
        assert.match(script, /"htpasswd": \{/);
        assert.match(script, /"minimumtls": "tls1\.2"/);
        assert.match(script, /^SCHEME='https'$/m);
        const seen = await made({ plain: true, users: [] });
        const plain = scriptOf(seen);
        assert.doesNotMatch(plain, /"htpasswd"|"tls"|PRIVATE KEY/);
        assert.match(plain, /^SCHEME='http'$/m);
        assert.ok(!seen.some((one) => one.type.startsWith("tls:")));
    });

    it("has a root for each generation that is trusted, and a certificate by the one that signs", async () => {
        const seen = await made({ certificate: { ...base.certificate, ca: { trusted: [1, 2], signing: 2 } } });
        const roots = seen.filter((one) => one.type.endsWith("SelfSignedCert"));
        const pems = roots.map(({ name }) => name).sort();
        assert.deepEqual(pems, ["host-ca-1", "host-ca-2"]);
        const [leaf] = seen.filter((one) => one.type.endsWith("LocallySignedCert"));
        assert.match(String(leaf?.inputs.caPrivateKeyPem), /host-ca-2/);
    });

    it("is sent nothing where nothing shall be, so that it is sent again later", async () => {
        const copies = (seen: Registered[]): string[] =>
            seen.map(({ name }) => name).filter((name) => /-(content|folder)-/.test(name));
        assert.deepEqual(copies(await made()).sort(), ["host-content-one", "host-folder-one"]);
        const gone = await made({ state: "absent" });
        assert.deepEqual(copies(gone), []);
        assert.match(scriptOf(gone), /^STATE='absent'$/m);
    });

    it("is sent its program again into a folder that was made anew", async () => {
        const { triggers } = find(await made(), "command:remote:CopyToRemote", "host-content-one").inputs;
        assert.ok((triggers as unknown[]).includes("another one\n"));
    });

    it("is another registry at another address or port of SSH, under another name, host or runtime", async () => {
        const { triggers } = find(await made(), type, "host-machine-one").inputs;
        assert.deepEqual(triggers, ["192.0.2.7", 22, "r", "systemd", "r of r.test"]);
    });

    it("needs no systemd unit of the program where a container is what runs", async () => {
        const image = { reference: "docker.io/library/registry:3.1.2", path: "LICENSE", sha256: "6".repeat(64) };
        const script = scriptOf(await made({ runtime: "podman", binary: undefined, image }));
        assert.match(script, /^UNIT_FILE='\/etc\/containers\/systemd\/siteregistry-r\.container'$/m);
        assert.match(script, /^IMAGE='docker\.io\/library\/registry:3\.1\.2'$/m);
        assert.match(script, /^CONTENT_SHA='6{64}'$/m);
    });
});

describe("images for registries on machines", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    const sha256 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30";
    const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample";
    const machine = (name: string, address: string, more = {}): object => ({ name, address, hostKey, ...more });
    const configured = (host: object, images: object): void => {
        const machines = [machine("one", "192.0.2.7", { host: "r.test" })];
        const source = { kind: "directory", path: "images" };
        configure({
            host: { machines, binary: { path: "LICENSE", sha256 }, ...host },
            images: { source, destination: "host", ...images },
            sshKeys: { default: pem },
        });
    };
    const seeds = async (): Promise<Record<string, unknown>[]> => {
        const said = { stdout: "running\n" };
        const computed = { "host-machine-one": said, "host-machine-two": said };
        const seeded = { "images-one-images": { images: [] }, "images-two-images": { images: [] } };
        const seen = await underMocks(() => buildSite(readSettings(), []), { ...computed, ...seeded });
        return seen
            .filter(({ type }) => type === "siteregistry:index:SeededImages")
            .map(({ inputs }) => inputs)
            .sort((one, other) => (String(one.host) < String(other.host) ? -1 : 1));
    };

    it("go to each, where its SSH server is unless told otherwise", async () => {
        const jump = machine("jump", "192.0.2.1");
        configured(
            { machines: [machine("one", "192.0.2.7", { host: "r.test" }), machine("two", "192.0.2.8", { jump })] },
            {},
        );
        const [two, one, ...none] = await seeds();
        assert.deepEqual([one?.host, one?.address, one?.user], ["r.test:5000", "192.0.2.7:5000", "registry"]);
        assert.deepEqual([two?.host, two?.address, two?.reach], ["192.0.2.8:5000", undefined, "direct"]);
        assert.deepEqual(none, []);
        configured({}, { address: "127.0.0.1:9" });
        assert.deepEqual(
            (await seeds()).map(({ address }) => address),
            ["127.0.0.1:9"],
        );
    });

    it("go without TLS and login where it is plain", async () => {
        configured({ plain: true }, {});
        const [one] = await seeds();
        assert.deepEqual([one?.plainHttp, one?.caBundle, one?.user], [true, undefined, undefined]);
    });

    it("go nowhere where it does not run", () => {
        configured({ state: "stopped" }, {});
        assert.throws(() => readSettings(), /images\.destination: is "host"; host\.state is stopped: allowed with/);
    });
});
