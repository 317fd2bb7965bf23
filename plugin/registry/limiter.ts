/** Lets only so many works run at once; the others wait their turn. */
export class Limiter {
    private free: number;
    private readonly waiting: (() => void)[] = [];

    constructor(atOnce: number) {
        this.free = atOnce;
    }

    async run<Value>(work: () => Promise<Value>): Promise<Value> {
        if (this.free > 0) this.free -= 1;
        else await new Promise<void>((resolve) => this.waiting.push(resolve));
        try {
            return await work();
        } finally {
            const next = this.waiting.shift();
            if (next === undefined) this.free += 1;
            else next();
        }
    }
}
