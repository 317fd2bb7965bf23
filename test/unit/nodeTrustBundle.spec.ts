import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";

import { trustFiles, type Mirror, type TrustedRegistry } from "../../components/nodeTrust/bundle.ts";
import { hostsBlock } from "../../components/nodeTrust/hostsFile.ts";
import { runtimes, type Runtime } from "../../components/nodeTrust/runtimes.ts";
import { agentScript } from "../../components/nodeTrust/script.ts";

const folder = "/etc/containerd/certs.d";
const registry: TrustedRegistry = { host: "one.test:5000", url: "https://10.96.7.7:5000", caBundle: "root" };
const mirror: Mirror = {
    ...{ upstream: "docker.io", registry: "https://one.test:5000/", caBundle: "root", fallback: false },
};

/** The lines of a host's hosts.toml after the one that says whose it is, and the name of the file with the roots. */
function linesOf(files: Record<string, string>, host: string): { lines: string[]; ca: string } {
    const ca = Object.keys(files).find((path) => path.startsWith(`${folder}/${host}/siteregistry-`)) ?? "";
    assert.equal(files[ca], "root\n");
    return {
        lines: (files[`${folder}/${host}/hosts.toml`] ?? "").split("\n").slice(1),
        ca: ca.split("/").at(-1) ?? "",
    };
}

describe("trustFiles", () => {
    it("names one place and its roots, for containerd 1.6 as well as for newer ones", () => {
        const files = trustFiles("containerd", folder, "trust", [registry]);
        const { lines, ca } = linesOf(files, "one.test:5000");
        const trust = ['capabilities = ["pull", "resolve", "push"]', `ca = ["${ca}"]`];
        assert.deepEqual(lines, [
            'server = "https://10.96.7.7:5000"',
            ...trust,
            "",
            '[host."https://10.96.7.7:5000"]',
            ...trust,
            "",
        ]);
        assert.equal(Object.keys(files).length, 2);
    });

    it("names the file with the roots by its content", () => {
        const names = ["root", "another"].map((caBundle) =>
            Object.keys(trustFiles("k3s", folder, "trust", [{ ...registry, caBundle }])).filter((path) =>
                path.endsWith(".crt"),
            ),
        );
        assert.notDeepEqual(names[0], names[1]);
    });

    it("asks a mirror alone, or the upstream after it", () => {
        const place = (ca: string): string[] => ['capabilities = ["pull", "resolve"]', `ca = ["${ca}"]`];
        const alone = linesOf(trustFiles("containerd", folder, "trust", [], [mirror]), "docker.io");
        assert.deepEqual(alone.lines, [
            ...['server = "https://one.test:5000"', ...place(alone.ca), ""],
            ...['[host."https://one.test:5000"]', ...place(alone.ca), ""],
        ]);
        const under = { ...mirror, fallback: true, path: "hub" };
        const { lines, ca } = linesOf(trustFiles("containerd", folder, "trust", [], [under]), "docker.io");
        assert.deepEqual(lines, [
            ...['server = "https://registry-1.docker.io"', ""],
            ...['[host."https://one.test:5000/v2/hub"]', ...place(ca), "override_path = true", ""],
        ]);
        const other = trustFiles(
            "containerd",
            folder,
            "trust",
            [],
            [{ ...mirror, upstream: "quay.io", fallback: true }],
        );
        assert.match(other[`${folder}/quay.io/hosts.toml`] ?? "", /^server = "https:\/\/quay\.io"$/m);
    });

    it("believes the machine's own roots where a mirror brings none", () => {
        const files = trustFiles("containerd", folder, "trust", [], [{ ...mirror, caBundle: "" }]);
        assert.deepEqual(Object.keys(files), [`${folder}/docker.io/hosts.toml`]);
        assert.doesNotMatch(files[`${folder}/docker.io/hosts.toml`] ?? "", /ca =/);
    });

    it("logs in as the node where it is told to, at the registry and at its mirrors", () => {
        const login = { host: "one.test:5000", user: "node", password: "secret:1" };
        const files = trustFiles("containerd", folder, "trust", [registry], [mirror], [login]);
        const expected = `Authorization = "Basic ${Buffer.from("node:secret:1").toString("base64")}"`;
        for (const [host, url] of [
            ["one.test:5000", "10.96.7.7:5000"],
            ["docker.io", "one.test:5000"],
        ] as const) {
            const text = files[`${folder}/${host}/hosts.toml`] ?? "";
            assert.ok(text.includes(`\n[host."https://${url}".header]\n${expected}\n`), text);
            assert.ok(text.includes(`\n[header]\n${expected}\n`), text);
        }
    });

    it("logs in at a mirror that is the registry by its address, and at no other", () => {
        const logins = [{ host: registry.host, user: "node", password: "secret" }];
        const near = { ...mirror, registry: registry.url };
        const far = { ...mirror, upstream: "quay.io", registry: "https://10.96.7.8:5000" };
        const files = trustFiles("containerd", folder, "trust", [registry], [near, far], logins);
        assert.match(files[`${folder}/docker.io/hosts.toml`] ?? "", /^Authorization = "Basic /m);
        assert.doesNotMatch(files[`${folder}/quay.io/hosts.toml`] ?? "", /Authorization/);
    });

    it("writes one file of the trust's own name for runtimes without hosts.toml", () => {
        for (const runtime of ["docker", "crio", "podman"] as const) {
            const { registryDirectory } = runtimes[runtime];
            assert.deepEqual(trustFiles(runtime, registryDirectory, "trust", [registry]), {
                [`${registryDirectory}/one.test:5000/trust.crt`]: "root\n",
            });
        }
    });

    it("refuses what a runtime cannot do, and says why without the password", () => {
        const login = { host: "one.test:5000", user: "node", password: "hunter2" };
        assert.throws(
            () => trustFiles("docker", "/x", "trust", [registry], [mirror]),
            /mirror of docker\.io: docker takes/,
        );
        assert.throws(
            () => trustFiles("crio", "/x", "trust", [registry], [], [login]),
            (error: Error) => {
                assert.match(error.message, /credentials of one\.test:5000: crio takes/);
                return !error.message.includes("hunter2");
            },
        );
    });

    it("refuses two files for one host, and credentials for none", () => {
        assert.throws(() => trustFiles("k3s", "/x", "trust", [registry, registry]), /one\.test:5000: is named twice/);
        assert.throws(() => trustFiles("k3s", "/x", "trust", [], [mirror, mirror]), /docker\.io: is named twice/);
        const login = { host: "two.test", user: "node", password: "x" };
        assert.throws(
            () => trustFiles("k3s", "/x", "trust", [registry], [], [login]),
            /credentials of two\.test: allowed/,
        );
    });
});

describe("runtimes", () => {
    it("have their usual directory among those that are allowed", () => {
        for (const [name, { registryDirectory, directories, configFile, reads }] of Object.entries(runtimes)) {
            assert.ok(
                directories.some((one) => registryDirectory === one || registryDirectory.startsWith(`${one}/`)),
                name,
            );
            if (configFile !== undefined)
                assert.ok(
                    reads.some((one) => configFile.startsWith(`${one}/`)),
                    name,
                );
        }
        assert.equal((Object.keys(runtimes) as Runtime[]).length, 6);
    });
});

describe("hostsBlock", () => {
    it("stands between marks that name the owner, and is nothing without entries", () => {
        assert.equal(hostsBlock("trust", []), "");
        assert.equal(
            hostsBlock("trust", [{ host: "one.test", address: "192.0.2.7" }]),
            "# begin siteregistry trust\n192.0.2.7 one.test\n# end siteregistry trust\n",
        );
    });
});

describe("agentScript", () => {
    it("is clean for shellcheck, where that is installed", () => {
        if (spawnSync("shellcheck", ["--version"]).error !== undefined) {
            console.warn("        NOT RUN: this machine has no shellcheck");
            return;
        }
        execFileSync("shellcheck", ["-s", "sh", "-"], { input: agentScript() });
    });
});
