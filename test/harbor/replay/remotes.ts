import { createHash } from "node:crypto";

import type { Image } from "../outside.ts";
import { emptyRegistry, SimulatedOutside, type SimulatedRegistry } from "../simulatedOutside.ts";

/** An image of the replay: what is in it follows from its name. */
export function image(name: string, size = 704, blobs = 2, blobSize = 300): Image {
    return {
        digest: digest(name),
        size,
        blobs: Array.from({ length: blobs }, (_, index) => ({
            digest: digest(`${name} blob ${String(index)}`),
            size: blobSize,
        })),
        labels: { x: name.split(":")[0] ?? "" },
    };
}

function digest(text: string): string {
    return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** The registries that the recorded Harbor talked to. What happens to them on the way is in `events.ts`. */
export class Remotes {
    readonly outside = new SimulatedOutside();
    readonly plain = emptyRegistry();
    readonly closed = emptyRegistry({ manner: "closed", login: ["mirror", "mirrorpass1"] });
    readonly dying = emptyRegistry({ manner: "any" });
    readonly changing = emptyRegistry();
    /** The Harbor's own images, also seen as an endpoint of the type `harbor` under another name. */
    readonly own = emptyRegistry();

    constructor(authority: string) {
        const { outside } = this;
        const secure = emptyRegistry({ ca: authority, content: new Map() });
        const self: SimulatedRegistry = { ...this.own, manner: "closed", login: ["admin", "Harbor12345"] };
        outside.registries.set("http://remote.test:5001", this.plain);
        outside.registries.set("http://remote.test:5002", this.closed);
        outside.registries.set("https://remote.test:5003", secure);
        outside.registries.set("http://remote.test:5004", this.dying);
        outside.registries.set("http://remote.test:5006", this.changing);
        outside.registries.set("http://remote.test:8080", self);
        outside.registries.set("http://harbor.test:8080", this.own);
        this.fill(this.plain, "a/b/c/deep", ["1"]);
        this.fill(this.plain, "solo", ["1"]);
        this.fill(this.plain, "library/nginx", ["latest"]);
        this.fill(this.plain, "team/ov", ["1"]);
        this.fill(this.plain, "team/other", ["1.0"]);
        for (const name of ["broken/app", "broken/other", "broken3/app"]) {
            this.fill(this.plain, name, ["1"], 3, 801, 2478);
            this.break(name);
        }
        for (const tag of ["1.0", "1.1", "2.0"]) this.fill(this.plain, "team/app", [tag], 3, 300, 5719);
        this.fill(this.plain, "team/app", ["latest"]);
        // A layer that takes nine seconds at 64 Kbit/s once the first megabyte is through.
        for (const name of ["slow2/image", "slow2/single", "slow3/image"])
            this.fill(this.plain, name, ["1"], 3, 300, 704, name === "slow3/image" ? 9.5 : 60);
        const children = [image("team/multi:amd64"), image("team/multi:arm64")];
        const index: Image = { ...image("team/multi:1.0", 704, 0), children };
        this.plain.content.set("team/multi", new Map([["1.0", index]]));
        this.fill(this.closed, "priv/app", ["1.0"], 2, 300, 1357);
        this.fill(this.closed, "priv/tool", ["1.0"]);
        const other = this.plain.content.get("team/other");
        if (other !== undefined) secure.content.set("team/other", other);
    }

    /** Takes a layer away that an image names, or puts it back. */
    break(repository: string, broken = true): void {
        for (const one of this.plain.content.get(repository)?.values() ?? []) {
            const layer = one.blobs[1]?.digest ?? "";
            if (broken) this.plain.broken.add(layer);
            else this.plain.broken.delete(layer);
        }
    }

    /** Puts another image under the tag of `team/ov`, with one layer in common. */
    changeOv(): void {
        const [first, second] = [image("team/ov:1"), image("team/ov:1 again")];
        const blobs = [first.blobs[0], second.blobs[1]].filter((blob) => blob !== undefined);
        this.plain.content.set("team/ov", new Map([["1", { ...second, labels: { x: "team/ov" }, blobs }]]));
    }

    private fill(
        registry: SimulatedRegistry,
        name: string,
        tags: readonly string[],
        blobs = 2,
        blobSize = 300,
        size = 704,
        seconds = 0,
    ): void {
        const content = registry.content.get(name) ?? new Map<string, Image>();
        for (const tag of tags) {
            const made = image(`${name}:${tag}`, size, blobs, blobSize);
            const slow = made.blobs.map((blob, index) =>
                index > 0 && seconds > 0 ? { ...blob, size: 1_024_000 + seconds * 64 * 128 } : blob,
            );
            content.set(tag, { ...made, blobs: slow });
        }
        registry.content.set(name, content);
    }
}
