import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { buildSite } from "../../site.ts";
import { buildFirstImages, siteImages } from "../../site/firstImages.ts";
import { configure, stackFile } from "../support/configuration.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const type = "siteregistry:index:NodeImages";
/** The form alone matters: nobody logs in with it. */
const exampleSshKey = ["-----BEGIN PRIVATE KEY-----", "bm9uZQ==", "-----END PRIVATE KEY-----", ""].join("\n");
const source = { kind: "bundle", path: "/bundles/site.tar", sha256: "a".repeat(64) };

describe("the first images", () => {
    const configured = (firstImages: object, registry: object = {}): void => {
        const file = stackFile("dev");
        const section = { ...(file["siteregistry:registry"] as object), ...registry };
        configure({ ...file, "siteregistry:registry": section, "siteregistry:images": { source, firstImages } });
    };
    const made = (firstImages: object, registry: object = {}): Promise<Registered[]> => {
        configured(firstImages, registry);
        return underMocks(() => buildSite(readSettings(), []));
    };

    it("are those of the pods that the stack makes, for every node", async () => {
        const { inputs } = find(await made({}), type, "first-images-nodes");
        assert.deepEqual(inputs.images, [
            "docker.io/library/nginx:1.28.0",
            "docker.io/library/registry:3.1.2",
            "quay.io/skopeo/stable:v1.20.0",
        ]);
        assert.deepEqual(inputs.selector, {});
        assert.deepEqual(inputs.source, { kind: "bundle", sha256: source.sha256 });
        assert.equal(inputs.path, source.path);
    });

    it("have what is turned on", () => {
        configured({}, { cache: { kind: "redis" }, pullSecret: { everywhere: true }, proof: { enabled: false } });
        assert.deepEqual(siteImages(readSettings()), [
            "docker.io/library/nginx:1.28.0",
            "docker.io/library/node:24.21.0-slim",
            "docker.io/library/redis:7.2.5",
            "docker.io/library/registry:3.1.2",
        ]);
    });

    it("pin under a name that another stack with the same namespace does not have", async () => {
        const owner = async (host: string): Promise<unknown> =>
            find(await made({}, { host }), type, "first-images-nodes").inputs.owner;
        assert.notEqual(await owner("a.example.org"), await owner("b.example.org"));
    });

    it("go over SSH to machines where that is asked for", async () => {
        const file = stackFile("dev");
        const hostKey = `ssh-ed25519 AAAA${"B".repeat(64)}`;
        const hosts = ["one", "two"].map((name) => ({ name, address: `${name}.example.org`, hostKey }));
        const sshKeys = { default: exampleSshKey };
        const read = (firstImages: object, runtime = "containerd"): ReturnType<typeof readSettings> => {
            const nodeTrust = { hosts: hosts.map((host) => ({ ...host, runtime })) };
            const images = { source, firstImages: { through: "ssh", ...firstImages } };
            const sections = { "siteregistry:nodeTrust": nodeTrust, "siteregistry:images": images };
            configure({ ...file, ...sections, "siteregistry:sshKeys": sshKeys }, ["sshKeys"]);
            return readSettings();
        };
        const settings = read({ nodes: ["two"] });
        const seen = await underMocks(() => buildFirstImages(settings, []));
        const machines = seen.filter((one) => one.type === "siteregistry:index:MachineImages");
        assert.deepEqual(
            machines.map(({ name }) => name),
            ["first-images-machine-two"],
        );
        assert.ok(machines[0]?.secrets.includes("privateKey"));
        assert.equal(seen.filter((one) => one.type === type).length, 0);
        assert.throws(() => read({ nodes: ["three"] }), /images.firstImages.nodes.0: .*nodeTrust.hosts has one, two/);
        assert.throws(() => read({}, "docker"), /images.firstImages.nodes: .*one \(docker\), two \(docker\)/);
        assert.throws(() => read({ selector: {} }), /images.firstImages.selector: .*machines have no labels/);
    });

    it("are refused by key", () => {
        const refusal = (firstImages: object, from: object = source): string => {
            configure({ ...stackFile("dev"), "siteregistry:images": { source: from, firstImages } });
            try {
                readSettings();
            } catch (error) {
                return (error as Error).message;
            }
            return "";
        };
        assert.match(
            refusal({ nodes: ["a"], selector: {} }),
            /images.firstImages.selector: .*leave one of the two out/,
        );
        assert.match(refusal({ images: ["redis"] }), /images.firstImages.images.0: .*allowed is host\/repository:tag/);
        assert.match(refusal({ nodes: ["Not A Node"] }), /images.firstImages.nodes.0: .*name of a node/);
        assert.match(refusal({ socket: "run/x.sock" }), /images.firstImages.socket: .*absolute path/);
        assert.match(refusal({}, { kind: "bundle", path: "x" }), /images.source.sha256: /);
        assert.match(
            refusal({ namespace: "kube-infra" }),
            /registry.namespace: .*images.firstImages and harbor.install each make/,
        );
    });
});
