import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { parse } from "yaml";

import { groupVars, handOverProblem, type HandOver } from "../../components/host/kubespray.ts";
import { registryScript } from "../../components/host/script.ts";
import { hostRuntimes, unitFile } from "../../components/host/units.ts";
import { readSettings } from "../../settings.ts";
import { scannedKeys } from "../../tools/hostkeys/scanned.ts";
import { configure, stackFile } from "../support/configuration.ts";

const sha256 = createHash("sha256").update(readFileSync("LICENSE")).digest("hex");
const pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
const example = stackFile("kubespray")["siteregistry:host"] as Record<string, unknown>;
const [machine] = example.machines as Record<string, unknown>[];
const [node] = example.nodes as Record<string, unknown>[];

const mistakes = (section: object, more: Record<string, unknown> = {}): string => {
    const host = { ...example, binary: { path: "LICENSE", sha256 }, ...section };
    configure({ host: JSON.parse(JSON.stringify(host)) as object, sshKeys: { default: pem }, ...more });
    try {
        readSettings();
    } catch (error) {
        return (error as Error).message;
    }
    return "";
};

describe("the section host", () => {
    it("is complete as in the example, with the program that everybody has to get", () => {
        assert.equal(mistakes({}), "");
    });

    const { hostKey, ...keyless } = machine ?? {};
    const image = { reference: "docker.io/library/registry:3.1.2", path: "LICENSE", sha256 };
    const container = { binary: undefined, image };
    const wrong: [what: string, section: object, expected: RegExp][] = [
        ["no host key", { machines: [keyless] }, /host\.machines\.0\.hostKey: is missing; /],
        [
            "a jump host without a key",
            { machines: [{ ...machine, jump: { name: "jump", address: "192.0.2.1" } }] },
            /host\.machines\.0\.jump\.hostKey: is missing/,
        ],
        ["no program", { binary: undefined }, /host\.binary: is missing; the runtime systemd needs it/],
        [
            "a program for a container",
            { runtime: "podman", image },
            /host\.binary: .*the runtime podman does not use it/,
        ],
        [
            "a program that is not there",
            { binary: { path: "no/such", sha256 } },
            /host\.binary\.path: is "no\/such", which cannot be read \(ENOENT\)/,
        ],
        [
            "another program",
            { binary: { path: "README.md", sha256 } },
            new RegExp(`host\\.binary\\.sha256: is "${sha256}", but "README\\.md" has [0-9a-f]{64}`),
        ],
        [
            "data where resets sweep",
            { dataDirectory: "/var/lib/containerd/r" },
            /host\.dataDirectory: is .* is emptied/,
        ],
        [
            "passwords without TLS",
            { plain: true, users: [{ name: "ops" }] },
            /host\.users: .*everybody could read the passwords/,
        ],
        ["images deleted under a registry", { deleteData: true }, /host\.deleteData: is true; the state is running/],
        [
            "one machine twice",
            { machines: [machine, { ...machine, name: "other", host: "other.site.test" }] },
            /host\.machines: .*an SSH server is named twice/,
        ],
        [
            "a runtime that kubespray removes",
            { ...container, runtime: "docker", nodes: [{ ...node, address: machine?.address }] },
            /host\.machines\.0: bastion will be a cluster node .* removes or takes over the docker of its nodes/,
        ],
        [
            "a kubespray whose credentials do nothing",
            { kubespray: { version: "2.28.1" } },
            /host\.kubespray\.version: is 2\.28\.1, .*does nothing with containerd 2; allowed is 2\.29\.0 or newer/,
        ],
        [
            "a login that docker cannot be told",
            { kubespray: { version: "2.31.0", containerManager: "docker" } },
            /host\.kubespray\.containerManager: is docker, .*or host\.users: \[\]/,
        ],
    ];
    for (const [what, section, expected] of wrong)
        it(`refuses ${what}`, () => {
            assert.ok(hostKey !== undefined);
            assert.match(mistakes(section), expected);
        });

    it("lets docker be where kubespray installs it", () => {
        const kubespray = { version: "2.31.0", containerManager: "docker" };
        const nodes = [{ ...node, address: machine?.address }];
        assert.equal(mistakes({ ...container, runtime: "docker", kubespray, nodes, users: [] }), "");
    });

    it("wants a key for each machine, and knows the users of passwords", () => {
        assert.match(mistakes({}, { sshKeys: { bastion: pem } }), /sshKeys: has no key for the machine node1/);
        assert.match(
            mistakes({}, { passwords: { ops: "correct horse" } }),
            /passwords\.ops: no such login; host\.users has registry/,
        );
        assert.equal(mistakes({ users: [{ name: "ops" }] }, { passwords: { ops: "correct horse" } }), "");
    });
});

describe("the script of a registry on a machine", () => {
    const script = registryScript({ unit: "the unit", environment: "SECRET='x'" }, { FOLDER: "/f", STATE: "running" });

    it("is one that a POSIX shell can read", () => {
        const { status, stderr } = spawnSync("sh", ["-n"], { input: script, encoding: "utf8" });
        assert.equal(status, 0, stderr);
    });

    it("has a revision of its files, its program and its folder", () => {
        const revision = (files: Record<string, string>, environment: Record<string, string>): string =>
            /'([0-9a-f]{64})' >"\$work\/files\/revision"/.exec(registryScript(files, environment))?.[1] ?? "";
        const first = revision({ a: "1" }, { CONTENT_SHA: "x", DATA: "/d" });
        assert.match(first, /^[0-9a-f]{64}$/);
        assert.equal(revision({ a: "1" }, { CONTENT_SHA: "x", DATA: "/d", UPLOAD: "/u" }), first);
        assert.notEqual(revision({ a: "2" }, { CONTENT_SHA: "x", DATA: "/d" }), first);
        assert.notEqual(revision({ a: "1" }, { CONTENT_SHA: "y", DATA: "/d" }), first);
        assert.notEqual(revision({ a: "1" }, { CONTENT_SHA: "x", DATA: "/e" }), first);
    });
});

describe("what runs a registry on a machine", () => {
    const args = {
        ...{ unit: "siteregistry-r", host: "r.test:5000", folder: "/etc/siteregistry/r", data: "/srv/r", port: 5000 },
        ...{ image: "docker.io/library/registry:3.1.2", atBoot: true },
    };

    it("starts with the machine, and again when it fails, whatever the runtime", () => {
        for (const runtime of hostRuntimes) {
            const { text } = unitFile(runtime, args);
            assert.match(text, /^WantedBy=multi-user\.target$/m, runtime);
            assert.match(text, /^Restart=always$/m, runtime);
        }
        // A Quadlet cannot be disabled, so it says itself that it shall not start.
        assert.ok(!unitFile("podman", { ...args, atBoot: false }).text.includes("WantedBy"));
    });

    it("has the plain program write to its images alone, with no right but that of a low port", () => {
        const { path, text } = unitFile("systemd", args);
        assert.equal(path, "/etc/systemd/system/siteregistry-r.service");
        assert.match(text, /^ProtectSystem=strict\nReadWritePaths=\/srv\/r$/m);
        assert.match(text, /^CapabilityBoundingSet=$/m);
        assert.match(unitFile("systemd", { ...args, port: 443 }).text, /^CapabilityBoundingSet=CAP_NET_BIND_SERVICE$/m);
    });

    it("gives the image's own entry point a command, since it takes a file that is none of YAML for a program", () => {
        assert.match(unitFile("docker", args).text, /registry:3\.1\.2 serve \/etc\/siteregistry\/r\/config\.json$/m);
        assert.match(unitFile("podman", args).text, /^Exec=serve \/etc\/siteregistry\/r\/config\.json$/m);
    });

    it("mounts the images and never pulls", () => {
        assert.match(
            unitFile("docker", args).text,
            /docker run --rm .*--network host --pull never .*--volume \/srv\/r:\/srv\/r /,
        );
        const { path, text } = unitFile("podman", args);
        assert.equal(path, "/etc/containers/systemd/siteregistry-r.container");
        assert.match(text, /^Pull=never$/m);
        assert.match(text, /^Volume=\/srv\/r:\/srv\/r:Z$/m);
    });
});

describe("group_vars for kubespray", () => {
    const ca = { directory: "/etc/containerd/certs.d", file: "root.crt" };
    const args: HandOver = {
        ...{ version: "2.31.0", containerManager: "containerd", hosts: ["r.test:5000"], tls: true, login: true },
        ...{ user: "registry", ca },
    };
    const vars = (more: Partial<HandOver>): Record<string, unknown> =>
        parse(groupVars({ ...args, ...more })) as Record<string, unknown>;

    it("name the registry, its root and the login, with the scheme where there has to be one", () => {
        const { registry_host, kube_image_repo, containerd_registries_mirrors } = vars({});
        assert.equal(registry_host, "r.test:5000");
        assert.equal(kube_image_repo, "{{ registry_host }}");
        assert.deepEqual((containerd_registries_mirrors as unknown[])[0], {
            prefix: "r.test:5000",
            server: "https://r.test:5000",
            mirrors: [
                {
                    host: "https://r.test:5000",
                    capabilities: ["pull", "resolve"],
                    skip_verify: false,
                    ca: "/etc/containerd/certs.d/r.test:5000/root.crt",
                    header: { Authorization: ["Basic {{ (registry_user ~ ':' ~ registry_pass) | b64encode }}"] },
                },
            ],
        });
    });

    it("say it in the words of CRI-O and docker", () => {
        const crio = vars({ containerManager: "crio" });
        assert.deepEqual(crio.crio_registries, [
            { prefix: "r.test:5000", location: "r.test:5000", insecure: false, blocked: false },
        ]);
        assert.equal((crio.crio_registry_auth as Record<string, string>[])[0]?.registry, "r.test:5000");
        const plain = vars({ containerManager: "docker", tls: false, login: false });
        assert.deepEqual(plain.docker_insecure_registries, ["r.test:5000"]);
        assert.equal(plain.registry_pass, undefined);
    });

    it("are not written for versions whose variables do nothing", () => {
        const needs = { containerManager: "containerd", tls: true, login: true } as const;
        const problem = (version: string, more = {}) => handOverProblem({ version, ...needs, ...more });
        assert.equal(problem("2.29.0"), undefined);
        assert.match(problem("2.28.0") ?? "", /^version: /);
        assert.equal(problem("2.28.0", { login: false }), undefined);
        assert.match(problem("2.27.0", { login: false }) ?? "", /has no ca/);
        assert.equal(problem("2.27.0", { login: false, tls: false }), undefined);
        assert.match(problem("2.26.0", { login: false, tls: false }) ?? "", /2\.27\.0 or newer/);
        assert.throws(() => groupVars({ ...args, version: "2.28.0" }), /kubespray\.version/);
    });
});

describe("npm run hostkeys", () => {
    it("shows the key that Pulumi's client asks for first, with OpenSSH's fingerprint", () => {
        const ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBExample=";
        const printed = `# h:22 SSH-2.0\nh ssh-rsa AAAAB3NzaC1yc2E=\nh ${ecdsa}\nh ssh-dss AAAA=\n`;
        const [first, second, ...none] = scannedKeys(printed);
        assert.equal(first?.key, ecdsa);
        assert.match(first.fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
        assert.match(second?.key ?? "", /^ssh-rsa /);
        assert.deepEqual(none, []);
    });
});
