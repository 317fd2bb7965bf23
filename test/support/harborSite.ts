import type { Properties } from "../../plugin/properties.ts";
import type { Clock } from "../harbor/clock.ts";
import type { Options } from "../harbor/options.ts";
import type { Image } from "../harbor/outside.ts";
import { HarborServer } from "../harbor/server.ts";
import { emptyRegistry, SimulatedOutside, type SimulatedRegistry } from "../harbor/simulatedOutside.ts";
import { PluginClient } from "./pluginClient.ts";

/** A clock that runs so many times too fast: Harbor's own waits of minutes take a second. */
export function hastyClock(times: number): Clock {
    const start = Date.now();
    const now = (): number => start + (Date.now() - start) * times;
    return {
        now,
        at: (time, what) => {
            const timer = setTimeout(what, Math.max(0, (time - now()) / times));
            timer.unref();
            return () => {
                clearTimeout(timer);
            };
        },
    };
}

/** A plugin without patience, in front of a stand-in for Harbor that is as quick as it gets. */
export class HarborSite {
    readonly harbor: HarborServer;
    readonly outside: SimulatedOutside;
    private readonly plugins: PluginClient[] = [];

    private constructor(harbor: HarborServer, outside: SimulatedOutside) {
        this.harbor = harbor;
        this.outside = outside;
    }

    static async start(options: Options = {}): Promise<HarborSite> {
        const outside = new SimulatedOutside();
        const pace = () => ({ found: 5, work: () => 20, retries: [50, 50] });
        const harbor = await HarborServer.start({ outside, refreshMs: 100, lockMs: 60, pace, ...options });
        return new HarborSite(harbor, outside);
    }

    /** A registry that Harbor can reach, with an image under each of these names and tags. */
    registry(url: string, images: readonly string[] = [], given: Partial<SimulatedRegistry> = {}): SimulatedRegistry {
        const registry = emptyRegistry(given);
        for (const [index, name] of images.entries()) {
            const [repository = "", tag = "latest"] = name.split(":");
            const tags = registry.content.get(repository) ?? new Map<string, Image>();
            const digest = `sha256:${index.toString(16).padStart(64, "0")}`;
            const blobs = [{ digest: digest.replace(/0/g, "f"), size: 10 }];
            registry.content.set(repository, tags.set(tag, { digest, size: 10, blobs }));
        }
        this.outside.registries.set(url, registry);
        return registry;
    }

    async plugin(type: string, told: Properties = {}): Promise<PluginClient> {
        const login = { harborUrl: this.harbor.url, harborUsername: "admin", harborPassword: "Harbor12345" };
        const patience = { retries: [5, 10, 20, 40], login: 80, poll: [10, 20] } as const;
        const plugin = await PluginClient.configured(type, { ...login, ...told }, patience);
        this.plugins.push(plugin);
        return plugin;
    }

    /** What was asked since the last time, without logins. */
    taken(): string[] {
        const asked = this.harbor.asked
            .splice(0)
            .map(({ method, path }) => `${method} ${path.replace("/api/v2.0", "")}`);
        return asked.filter((one) => one !== "GET /systeminfo");
    }

    async stop(): Promise<void> {
        for (const plugin of this.plugins) plugin.stop();
        await this.harbor.close();
    }
}
