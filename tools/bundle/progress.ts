import { setInterval } from "node:timers";

/** How often what is going on is told while nothing ends. */
const everyMs = 15_000;

/** Tells how far the gathering is: a line for each image, and now and then one for those that take long. */
export class Progress {
    private readonly write: (line: string) => void;
    private readonly waiting = new Set<string>();
    private total = 0;
    private timer: NodeJS.Timeout | undefined;

    constructor(write: (line: string) => void) {
        this.write = write;
    }

    say(line: string): void {
        this.write(line);
    }

    begin(images: readonly string[]): void {
        this.total = images.length;
        for (const image of images) this.waiting.add(image);
        this.timer = setInterval(() => {
            const [next = ""] = this.waiting;
            const left = this.waiting.size;
            this.write(`… ${(this.total - left).toString()} of ${this.total.toString()} there, next ${next}`);
        }, everyMs).unref();
    }

    done(image: string, what: string): void {
        this.waiting.delete(image);
        const count = (this.total - this.waiting.size).toString().padStart(this.total.toString().length);
        this.write(`[${count}/${this.total.toString()}] ${image}  ${what}`);
    }

    end(): void {
        clearInterval(this.timer);
    }
}

/** A number of bytes for a person: `41.2 MiB`. */
export function bytesText(bytes: number): string {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
    const value = bytes / 2 ** (10 * power);
    return `${power === 0 ? value.toString() : value.toFixed(1)} ${units[power] ?? ""}`;
}
