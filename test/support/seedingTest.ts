import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { LockedImage } from "../../components/images/lock.ts";
import { hashPassword } from "../../components/registry/users.ts";
import { writeRandomImages } from "../../lab/images/randomImages.ts";
import type { Properties } from "../../plugin/properties.ts";
import { copyTools, onPath } from "./copyTools.ts";
import { PluginClient } from "./pluginClient.ts";
import { registryBinary } from "./realRegistry.ts";
import { bundleOf, lockedImages, type SmallBundle } from "./smallBundle.ts";

/** Who may push to a registry of these tests, and its line of htpasswd. */
export const login = { user: "pusher", password: "a-password-of-a-test" };
export const htpasswd = `${login.user}:${hashPassword(login.password, "abcdefghijklmnopqrstuv", 5)}\n`;

/** What specs of seeded images share: a bundle, the plugin, the copying programs on PATH, and a cache of their own. */
export class SeedingTest {
    readonly folder: string;
    /** OCI layout that the bundle was made of. */
    readonly layout: string;
    /** Program of distribution. */
    readonly binary: string;
    readonly bundle: SmallBundle;
    readonly images: readonly LockedImage[];
    readonly plugin: PluginClient;
    private readonly restore: () => void;

    private constructor(
        made: Pick<SeedingTest, "folder" | "layout" | "binary" | "bundle" | "images" | "plugin">,
        restore: () => void,
    ) {
        this.folder = made.folder;
        this.layout = made.layout;
        this.binary = made.binary;
        this.bundle = made.bundle;
        this.images = made.images;
        this.plugin = made.plugin;
        this.restore = restore;
    }

    /** `names` are full references; `attach` may add to the layout what belongs to an image. */
    static async start(
        names: readonly string[],
        attach: (layout: string, images: LockedImage[]) => LockedImage[] = (_, images) => images,
    ): Promise<SeedingTest> {
        const folder = mkdtempSync(join(tmpdir(), "seeding-"));
        const binary = await registryBinary();
        // Before the cache is another one: regctl is built into it.
        const restorePath = onPath(await copyTools(join(folder, "bin")));
        const { XDG_CACHE_HOME } = process.env;
        process.env.XDG_CACHE_HOME = join(folder, "cache");
        const layout = join(folder, "layout");
        await writeRandomImages(
            layout,
            names.map((name) => ({ name, layers: 2, layerBytes: 1 << 20 })),
        );
        const images = attach(layout, lockedImages(layout));
        const bundle = await bundleOf(layout, images, join(folder, "site.tar"));
        const plugin = await PluginClient.start("SeededImages", "");
        return new SeedingTest({ folder, layout, binary, bundle, images, plugin }, () => {
            restorePath();
            if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
            else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
        });
    }

    stop(): void {
        this.plugin.stop();
        this.restore();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** Checked inputs: the bundle, to a registry that speaks plain HTTP, but for what `change` says. */
    async inputs(host: string, change: Properties = {}, before?: Properties): Promise<Properties> {
        const source = { kind: "bundle", path: this.bundle.path, sha256: this.bundle.sha256 };
        const given = { source, host, plainHttp: true, patienceSeconds: 3, ...change };
        const { values, failures } = await this.plugin.check(given, before);
        assert.deepEqual(failures, []);
        return values;
    }

    /** The copying programs that were started since the last time that this was asked, with their arguments. */
    started(): string[] {
        const file = join(this.folder, "started");
        const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
        rmSync(file, { force: true });
        return lines;
    }
}

/** How a resource was left that could not be made whole. Fails where it could. */
export async function failureOf(work: Promise<unknown>): Promise<ReturnType<typeof PluginClient.partial>> {
    try {
        await work;
    } catch (error) {
        return PluginClient.partial(error);
    }
    throw new Error("it did not fail");
}
