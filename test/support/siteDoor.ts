import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";

import { relayDirectory } from "../../lab/cluster/relay.ts";
import { relayDir } from "../../lab/cluster/relayUnit.ts";
import type { Lab } from "../../lab/lab.ts";
import { host } from "../../lab/network/plan.ts";

/** A port of a machine of the lab's site that leads to the same port of this machine's loopback, for servers that run in a test. */
export class SiteDoor {
    /** Where the lab's nodes find it. */
    readonly address = host.address;
    private readonly lab: Lab;
    private readonly unit: string;
    private readonly server: Server;
    private readonly sockets: ReadonlySet<Socket>;

    private constructor(lab: Lab, unit: string, server: Server, sockets: ReadonlySet<Socket>) {
        this.lab = lab;
        this.unit = unit;
        this.server = server;
        this.sockets = sockets;
    }

    /** `name` is what it is called on the machine. */
    static async open(lab: Lab, name: string, port: number): Promise<SiteDoor> {
        const socket = `${name}.sock`;
        const path = join(relayDirectory(), socket);
        rmSync(path, { force: true });
        const sockets = new Set<Socket>();
        const server = createServer((inside) => {
            const onward = connect(port, "127.0.0.1");
            for (const one of [inside, onward]) {
                sockets.add(one);
                one.on("close", () => sockets.delete(one));
            }
            // Either end may break off: the client hears of it from its own.
            const over = (): void => undefined;
            pipeline(inside, onward, over);
            pipeline(onward, inside, over);
        });
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(path, resolve);
        });
        const door = new SiteDoor(lab, name, server, sockets);
        const listen = `TCP-LISTEN:${port.toString()},fork,reuseaddr`;
        const onward = `UNIX-CONNECT:${join(relayDir, socket)}`;
        const argv = ["systemd-run", "--quiet", "--collect", `--unit=${name}`, "socat", listen, onward];
        const { code, stderr } = await lab.exec(host.name, argv);
        if (code === 0) return door;
        await door.close();
        throw new Error(`${host.name}: ${stderr}`);
    }

    async close(): Promise<void> {
        await this.lab.exec(host.name, ["systemctl", "stop", this.unit]);
        const closed = new Promise((resolve) => this.server.close(resolve));
        for (const socket of this.sockets) socket.destroy();
        await closed;
    }
}
