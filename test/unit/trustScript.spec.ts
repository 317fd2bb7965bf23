import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { exampleCa, exampleFingerprint, otherCa } from "../support/exampleCa.ts";
import { hostsBefore, TrustImage } from "../support/trustImage.ts";

describe("trust-registry.sh in an image", () => {
    let image: TrustImage;
    const make = (...programs: string[]): TrustImage => (image = new TrustImage(...programs));
    afterEach(() => {
        image.clear();
    });
    const docker = "etc/docker/certs.d/registry.example.org/ca.crt";
    const containers = "etc/containers/certs.d/registry.example.org/ca.crt";

    it("installs for the clients it finds, writes nothing the second time, and leaves the image as it was", () => {
        make("docker", "skopeo");
        const before = image.everything();
        image.run(["--address", "192.0.2.7"]);
        assert.equal(image.read(docker), exampleCa);
        assert.equal(image.read(containers), exampleCa);
        assert.equal(image.read("etc/containerd"), undefined);
        const installed = image.everything();
        assert.doesNotMatch(image.run(["--address", "192.0.2.7"]), /wrote/);
        assert.deepEqual(image.everything(), installed);
        image.run(["--undo"]);
        assert.deepEqual(image.everything(), before);
        assert.match(image.run(["--undo"]), /nothing is installed/);
    });

    for (const [client, folder] of [
        ["docker", "etc/docker/certs.d"],
        ["docker-snap", "var/snap/docker/current/etc/docker/certs.d"],
        ["podman", "etc/containers/certs.d"],
        ["buildah", "etc/containers/certs.d"],
        ["skopeo", "etc/containers/certs.d"],
        ["nerdctl", "etc/containerd/certs.d"],
        ["containerd", "etc/containerd/certs.d"],
    ] as const) {
        it(`knows where ${client} looks, port and all`, () => {
            make().kit(exampleCa, ["registry.example.org:5000", "registry.example.org"]);
            image.run(["--client", client]);
            for (const host of ["registry.example.org:5000", "registry.example.org"]) {
                assert.equal(image.read(`${folder}/${host}/ca.crt`), exampleCa);
                const toml = image.read(`${folder}/${host}/hosts.toml`);
                assert.equal(toml?.includes(`[host."https://${host}"]`), folder.includes("containerd") || undefined);
            }
            image.run(["--undo"]);
            assert.equal(image.read(folder), undefined);
        });
    }

    it("says so when it finds no client", () => {
        make();
        assert.match(image.run([], 4), /none of these is on this machine/);
    });

    it("refuses an altered CA, and one that is not the expected, before anything is written", () => {
        make("docker");
        const before = image.everything();
        image.run(["--fingerprint", exampleFingerprint, "--dry-run"]);
        assert.match(image.run(["--fingerprint", "0".repeat(64)], 3), /not the one given by --fingerprint/);
        assert.match(image.run(["--fingerprint=abc"], 2), /64 hexadecimal digits/);
        image.spoil("MIIB", "MIIC");
        assert.match(image.run([], 3), /this script was altered/);
        image.kit();
        image.spoil("END_OF_CA\n}", `END_OF_CA\ncat <<'E'\n${otherCa}E\n}`);
        assert.match(image.run([], 3), /not pinned/);
        assert.deepEqual(image.everything(), before);
    });

    it("writes over nothing of anybody else's, names all of it at once, and writes nothing", () => {
        make("docker", "skopeo");
        image.write(docker, "theirs");
        image.write("etc/hosts", "192.0.2.9 registry.example.org\n");
        const before = image.everything();
        const said = image.run(["--address", "192.0.2.7"], 4);
        assert.match(
            said,
            /certs\.d\/registry\.example\.org\/ca\.crt is there already and is not of this script's making/,
        );
        assert.match(said, /gives registry\.example\.org the address 192\.0\.2\.9 already/);
        assert.deepEqual(image.everything(), before);
    });

    it("takes what is as it should be for installed, and does not take it away", () => {
        make("docker");
        image.write(docker, exampleCa);
        image.run([]);
        image.run(["--undo"]);
        assert.equal(image.read(docker), exampleCa);
    });

    it("leaves what was changed since, and says which", () => {
        make("docker", "skopeo");
        image.run([]);
        image.write(docker, `${exampleCa}and another one\n`);
        assert.match(image.run([], 4), /or was changed since/);
        const said = image.run(["--undo"], 6);
        assert.match(said, /left: .*etc\/docker\/.* was changed since/);
        assert.equal(image.read(docker), `${exampleCa}and another one\n`);
        assert.equal(image.read(containers), undefined);
    });

    it("changes nothing in a dry run", () => {
        make("docker", "update-ca-certificates");
        const before = image.everything();
        const args = ["--address", "192.0.2.7", "--system", "--insecure-registry", "old.example.org:5000"];
        assert.match(image.run([...args, "--dry-run"]), /would write .*ca\.crt/);
        assert.deepEqual(image.everything(), before);
        image.run(args);
        const installed = image.everything();
        assert.match(image.run(["--undo", "--dry-run"]), /would remove .*ca\.crt/);
        assert.deepEqual(image.everything(), installed);
    });

    it("follows the CA from one generation to the next, in the system's store as well", () => {
        make("docker", "update-ca-certificates");
        const before = image.everything();
        const stored = (): string[] => {
            const folder = join(image.root, "usr/local/share/ca-certificates");
            return readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
        };
        image.run(["--system"]);
        assert.deepEqual(stored(), [exampleCa]);
        image.kit(`${exampleCa}${otherCa}`);
        image.run([]);
        assert.equal(image.read(docker), `${exampleCa}${otherCa}`);
        assert.deepEqual(new Set(stored()), new Set([exampleCa, otherCa]));
        image.kit(otherCa);
        image.run([]);
        assert.deepEqual(stored(), [otherCa]);
        image.run(["--undo"]);
        assert.deepEqual(Object.keys(image.everything()), Object.keys({ ...before, ...folders(image, "usr/local") }));
    });

    it("replaces its line in the hosts file, and takes exactly that one back", () => {
        make("docker").kit(exampleCa, ["registry.example.org:5000", "images.example.org"]);
        image.run(["--address", "192.0.2.7"]);
        image.run(["--address", "2001:db8::7"]);
        const line = "2001:db8::7 registry.example.org images.example.org # siteregistry:registry.example.org_5000\n";
        assert.equal(image.read("etc/hosts"), `${hostsBefore}${line}`);
        image.write("etc/hosts", `${hostsBefore}${line}192.0.2.3 third\n`);
        image.run(["--undo"]);
        assert.equal(image.read("etc/hosts"), `${hostsBefore}192.0.2.3 third\n`);
    });

    it("leaves a line of the hosts file that was changed by hand", () => {
        make("docker");
        image.run(["--address", "192.0.2.7"]);
        const changed = "192.0.2.8 registry.example.org mine # siteregistry:registry.example.org\n";
        image.write("etc/hosts", `${hostsBefore}${changed}`);
        assert.match(image.run(["--undo"], 6), /left: a line of .*etc\/hosts/);
        assert.equal(image.read("etc/hosts"), `${hostsBefore}${changed}`);
    });

    it("mends an installation that was killed half way, and undoes one", () => {
        make("docker", "skopeo");
        const before = image.everything();
        image.run([]);
        rmSync(join(image.root, docker));
        image.write(`${docker}.siteregistry-new`, "half");
        image.run(["--undo"]);
        assert.deepEqual(image.everything(), before);
    });

    it("says every wrong use", () => {
        make("docker");
        for (const args of [
            ["--frob"],
            ["--client", "rkt"],
            ["--address", "a b"],
            ["--host", "x"],
            ["--login", "a b"],
            ["--client"],
        ]) {
            assert.match(image.run(args, 2), /^error: /, args.join(" "));
        }
        assert.match(image.run(["--login", "me"], 2), /cannot log in/);
        assert.match(image.run(["--help"]), /--undo/);
    });
});

/** The folders below one that an image has, as {@link TrustImage.everything} lists them. */
function folders(image: TrustImage, below: string): Record<string, string> {
    const start = join(image.root, below);
    return Object.fromEntries(Object.entries(image.everything()).filter(([path]) => path === start));
}
