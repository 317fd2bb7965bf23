import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseLock } from "../../components/images/lock.ts";
import { writeRandomImages } from "../../lab/images/randomImages.ts";
import { current } from "../../lab/lab.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { consoleReport } from "../../lab/report.ts";
import { BundlingMachine } from "../support/bundling.ts";
import { RealRegistry, registryBinary } from "../support/realRegistry.ts";
import { TokenServer } from "../support/tokenServer.ts";

const login = { user: "reader", password: "a-password-of-a-test" };
/** Where a site's images come from, all of them at one registry here. */
const upstreams = ["docker.io", "quay.io", "registry.k8s.io"];
const kubespray = `# roles/kubespray_defaults
[needed] quay.io/calico/node:v3.31.5
[needed] registry.k8s.io/pause:3.10.1
[list]   quay.io/coreos/etcd:v3.6.10
`;

describe("a bundle of what a chart, kubespray and a running cluster name, from registries that give tokens", () => {
    let folder: string;
    let tokens: TokenServer;
    let registry: RealRegistry;
    let machine: BundlingMachine;
    let blobs = 0;
    let atBlob: (count: number) => void = () => undefined;

    before(async () => {
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        folder = mkdtempSync(join(tmpdir(), "bundle-sources-"));
        tokens = await TokenServer.start(login);
        const content = { data: join(folder, "data") };
        const binary = await registryBinary();
        registry = await RealRegistry.start(binary, join(folder, "registry"), { ...content, token: tokens.manner });
        const door = await tokens.door(registry.url, (method, path) => {
            if (method === "GET" && path.includes("/blobs/")) atBlob((blobs += 1));
        });
        machine = await BundlingMachine.make(folder, [], { KUBECONFIG: lab.kubeconfig });
        machine.tell(
            Object.fromEntries(
                upstreams.map((host) => [host, { hostname: door, user: login.user, pass: login.password }]),
            ),
        );
        const helm = (await ensurePackages(["helm"], consoleReport())).get("helm") ?? "";
        machine.standIn("helm", `exec ${join(helm, "helm")} "$@"`);

        // Filled by a registry of the same content that lets everybody in.
        const layout = join(folder, "layout");
        await writeRandomImages(layout, [{ name: "one", layers: 3, layerBytes: 200_000 }]);
        const open = await RealRegistry.start(binary, join(folder, "open"), content);
        const { stdout } = await lab.kubectl(["-n", "kube-system", "get", "pods", "-o", "json"]);
        const running = (JSON.parse(stdout) as { items: { spec: { containers: { image: string }[] } }[] }).items;
        const cluster = running.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
        const all = [...cluster, "q/goharbor/harbor-core:v2.15.2", "q/calico/node:v3.31.5", "q/pause:3.10.1"];
        for (const image of new Set(all.map((one) => one.slice(one.indexOf("/") + 1))))
            await machine.push(layout, "one", `${open.host}/${image}`);
        open.stop();
    });
    after(() => {
        tokens.stop();
        registry.stop();
        rmSync(folder, { recursive: true, force: true });
    });

    const lock = async (bundle: string) => {
        const path = join(folder, "unpacked");
        mkdirSync(path);
        await machine.must("tar", "-xf", join(folder, bundle), "-C", path);
        return parseLock(readFileSync(join(path, "images.lock.json"), "utf8"), bundle).images;
    };

    it("names what is missing where the login ends mid-way, and goes on with the next one; then it starts no program", async () => {
        writeFileSync(join(folder, "kubespray.list"), kubespray);
        const core = { image: { repository: "docker.io/goharbor/harbor-core", tag: "v2.15.2" } };
        writeFileSync(join(folder, "values.yaml"), JSON.stringify({ core, caBundleSecretName: "roots" }));
        const chart = join(import.meta.dirname, "../charts/harbor");
        const of = ["kubespray.list", "--needed", "--chart", chart, "--values", "values.yaml"];
        const args = [...of, "--pods", "--namespace", "kube-system", "--concurrency", "1", "--output", "site.tar"];
        atBlob = (count) => {
            if (count !== 3) return;
            tokens.open = false;
            tokens.expire();
        };
        const broken = await machine.bundle(...args);
        assert.equal(broken.code, 1, broken.stderr);
        assert.match(broken.stderr, /images cannot be copied:\n {2}\S+ \(.*\): .*unauthorized/);
        assert.ok(!broken.stderr.includes(login.password));

        // This time every token ends on the way, and the login holds.
        tokens.open = true;
        blobs = 0;
        atBlob = (count) => {
            if (count === 3) tokens.expire();
        };
        const whole = await machine.bundle(...args);
        assert.equal(whole.code, 0, whole.stderr);
        assert.deepEqual(
            (await lock("site.tar")).map(({ image }) => image).filter((image) => !/coredns/.test(image)),
            ["docker.io/goharbor/harbor-core:v2.15.2", "quay.io/calico/node:v3.31.5", "registry.k8s.io/pause:3.10.1"],
        );
        assert.match(whole.stderr, /registry\.k8s\.io\/coredns\/coredns:\S+ {2}/);

        machine.standIn("regctl", "exit 1");
        const again = await machine.bundle(...args);
        assert.equal(again.stdout, whole.stdout, again.stderr);
        assert.equal(again.stderr.match(/there already/g)?.length, 4);
    });

    it("refuses a namespace without pods", async () => {
        const none = await machine.bundle("--pods", "--namespace", "no-such-namespace", "--output", "none.tar");
        assert.match(none.stderr, /--namespace: no-such-namespace has no pods\n {2}name one that has/);
        const alone = await machine.bundle("--namespace", "kube-system", "--output", "none.tar");
        assert.match(alone.stderr, /--namespace is of --pods/);
    });
});
