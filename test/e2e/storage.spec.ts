import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { current, type Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";

/** Every name of this spec begins so: it shares the lab with other stacks. */
const prefix = "storage-e2e";
const namespace = `${prefix}-registry`;

describe("a volume on the lab", () => {
    let lab: Lab;
    let stack: Stack;

    async function pulumi(args: string[], fails = false): Promise<string> {
        const result = await stack.pulumi(args);
        assert.equal(result.code !== 0, fails, `pulumi ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
        return `${result.stdout}${result.stderr}`;
    }

    async function kubectl(...args: string[]): Promise<string> {
        const result = await lab.kubectl(args);
        assert.equal(result.code, 0, `kubectl ${args.join(" ")}: ${result.stderr}`);
        return result.stdout;
    }

    /** The stack's settings: nothing but a registry, so that the spec stays short. */
    function configure(storage: Record<string, unknown>, more: Record<string, unknown> = {}): void {
        stack.set((config) => {
            config["siteregistry:registry"] = {
                name: namespace,
                namespace,
                host: `${prefix}.site.test`,
                exposure: "clusterOnly",
                storage: { size: "1Gi", ...storage },
                proof: { enabled: false },
                ...more,
            };
            Reflect.deleteProperty(config, "siteregistry:nodeTrust");
        });
    }

    const inRegistry = (...command: string[]): Promise<string> =>
        kubectl("-n", namespace, "exec", `deployment/${namespace}`, "-c", "registry", "--", ...command);
    const claimed = (path: string): Promise<string> =>
        kubectl("-n", namespace, "get", "persistentvolumeclaim", namespace, "-o", `jsonpath={${path}}`);

    async function removeNamespace(): Promise<void> {
        const volume = await lab.kubectl([
            "-n",
            namespace,
            "get",
            "persistentvolumeclaim",
            namespace,
            "-o",
            "jsonpath={.spec.volumeName}",
        ]);
        if (volume.code === 0 && volume.stdout !== "") {
            const patch = '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}';
            await lab.kubectl(["patch", "persistentvolume", volume.stdout, "--patch", patch]);
        }
        await lab.kubectl(["delete", "namespace", namespace, "--ignore-not-found"]);
    }

    before(async () => {
        const found = await current();
        assert.ok(found !== undefined, "the lab is not up: npm run lab -- up");
        lab = found;
        await removeNamespace();
        stack = new Stack("dev", mkdtempSync(join(tmpdir(), `${prefix}-`)), lab.kubeconfig, prefix);
        await stack.prepare();
    });

    after(async () => {
        await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
        await removeNamespace();
        stack.forget();
    });

    it("is kept by default: set to Retain, and the next preview shows nothing", async () => {
        configure({});
        await pulumi(["up", "--yes", "--skip-preview"]);
        const volume = await claimed(".spec.volumeName");
        const policy = "jsonpath={.spec.persistentVolumeReclaimPolicy}";
        assert.equal(await kubectl("get", "persistentvolume", volume, "-o", policy), "Retain");
        await pulumi(["preview", "--expect-no-changes"]);
        await inRegistry("sh", "-c", "echo an image >/var/lib/registry/kept");
    });

    it("refuses what would replace or shrink it before anything happens, by key, in preview and in up", async () => {
        const uid = await claimed(".metadata.uid");
        configure({ size: "512Mi", storageClass: "other", accessMode: "ReadWriteMany" }, { name: `${prefix}-other` });
        const preview = await pulumi(["preview"], true);
        const up = await pulumi(["up", "--yes", "--skip-preview"], true);
        for (const key of ["name", "storage.storageClass", "storage.accessMode", "storage.size"]) {
            for (const said of [preview, up]) assert.ok(said.includes(`registry.${key}: is `), `${key}\n${said}`);
        }
        assert.match(preview, /existingClaim/);
        assert.equal(await claimed(".metadata.uid"), uid);
        configure({});
        await pulumi(["preview", "--expect-no-changes"]);
    });

    it("stays after destroy, whose preview says so with the two commands that go on", async () => {
        const said = await pulumi(["destroy", "--preview-only"]);
        const commands = [...said.matchAll(/npx pulumi (config set --path siteregistry:registry\.\S+ \S+)/g)].map(
            (found) => (found[1] ?? "").split(" "),
        );
        assert.equal(commands.length, 2, said);
        assert.match(said, new RegExp(`claim ${namespace} and namespace ${namespace} stay`));
        await pulumi(["destroy", "--yes", "--skip-preview"]);
        assert.equal(await claimed(".status.phase"), "Bound");

        for (const command of commands) await pulumi(command);
        await pulumi(["up", "--yes", "--skip-preview"]);
        assert.equal(await inRegistry("cat", "/var/lib/registry/kept"), "an image\n");
        await pulumi(["preview", "--expect-no-changes"]);
        await pulumi(["destroy", "--yes", "--skip-preview"]);
        assert.equal(await claimed(".status.phase"), "Bound", "a claim that was given is not deleted");
    });
});
