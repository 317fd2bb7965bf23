import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

interface Message {
    id?: number;
    method?: string;
    result?: Record<string, unknown>;
    error?: { message: string };
}

/** A page in Debian's chromium, without a window, told what to do over its debugging protocol. */
export class Browser {
    private readonly child: ChildProcess;
    private readonly profile: string;
    private readonly socket: WebSocket;
    private readonly waiting = new Map<number, (message: Message) => void>();
    private readonly loads: (() => void)[] = [];
    private session: string | undefined;
    private last = 0;

    private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
        this.child = child;
        this.profile = profile;
        this.socket = socket;
        socket.addEventListener("message", ({ data }) => {
            const message = JSON.parse(String(data)) as Message;
            if (message.id !== undefined) this.waiting.get(message.id)?.(message);
            if (message.method === "Page.loadEventFired") this.loads.shift()?.();
        });
    }

    /** Starts it. Fails where it is not installed: `apt-get install chromium`. */
    static async start(): Promise<Browser> {
        const profile = mkdtempSync(join(tmpdir(), "browser-"));
        const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];
        const target = ["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
        const child = spawn("chromium", [...flags, ...target], { stdio: ["ignore", "ignore", "pipe"] });
        const failed = once(child, "error").then(([error]: unknown[]) => {
            throw new Error(`chromium did not start: ${String(error)}; install it with: apt-get install chromium`);
        });
        const socket = new WebSocket(await Promise.race([addressOf(child), failed]));
        await once(socket, "open");
        const browser = new Browser(child, profile, socket);
        const { targetId } = await browser.call("Target.createTarget", { url: "about:blank" });
        const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
        browser.session = String(sessionId);
        await browser.call("Page.enable");
        return browser;
    }

    /** Opens a file as on a screen of that width, in CSS pixels. */
    async open(file: string, width: number): Promise<void> {
        const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 };
        await this.call("Emulation.setDeviceMetricsOverride", metrics);
        const loaded = new Promise<void>((resolve) => this.loads.push(resolve));
        await this.call("Page.navigate", { url: `file://${file}` });
        await loaded;
    }

    /** The value of an expression in the page. */
    async evaluate<T>(expression: string): Promise<T> {
        const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, returnByValue: true });
        if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
        return (result as { value: T }).value;
    }

    /** The whole page as PNG. */
    async screenshot(): Promise<Buffer> {
        const { data } = await this.call("Page.captureScreenshot", { captureBeyondViewport: true });
        return Buffer.from(String(data), "base64");
    }

    async stop(): Promise<void> {
        const gone = once(this.child, "exit");
        this.child.kill();
        await gone;
        rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
    }

    private async call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
        const id = ++this.last;
        const session = this.session === undefined ? {} : { sessionId: this.session };
        const answer = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
        this.socket.send(JSON.stringify({ id, method, params, ...session }));
        const { result, error } = await answer;
        if (error !== undefined) throw new Error(`${method}: ${error.message}`);
        return result ?? {};
    }
}

async function addressOf({ stderr }: ChildProcess): Promise<string> {
    if (stderr === null) throw new Error("chromium has no standard error");
    for await (const line of createInterface({ input: stderr })) {
        const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (address !== undefined) return address;
    }
    throw new Error("chromium ended before it could be reached");
}
