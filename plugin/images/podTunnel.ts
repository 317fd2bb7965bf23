import { Duplex, PassThrough, Writable } from "node:stream";

import type { KubeConfig } from "@kubernetes/client-node";

/** A Service of the cluster, and the port of the pods behind it. */
export interface ServicePort {
    readonly namespace: string;
    readonly name: string;
    /** Port on which the pods themselves listen. */
    readonly port: number;
}

/** Of a web socket, what is needed here. */
interface Socket {
    send(data: Buffer, done: (error?: Error) => void): void;
    close(): void;
    addEventListener(event: "close", heard: () => void): void;
}

/** How long the API server may take to lead to a pod. */
const answerMs = 20_000;

/** A connection to a Ready pod of a Service, through the Kubernetes API. */
export async function podTunnel(config: KubeConfig, { namespace, name, port }: ServicePort): Promise<Duplex> {
    // Half a second to load, so it is loaded where it is needed.
    const { PortForward } = await import("@kubernetes/client-node");
    const tunnel = new Tunnel();
    const forwarding = new PortForward(config).portForwardService(
        namespace,
        name,
        [port],
        tunnel.incoming,
        tunnel.refusals,
        // It would send without ever waiting, and 5 GiB would lie in memory.
        new PassThrough(),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
            reject(new Error("the API server does not answer"));
        }, answerMs);
    });
    const socket: unknown = await Promise.race([forwarding, late]).catch((error: unknown) => {
        throw new Error(`the pods of the Service ${namespace}/${name} cannot be reached: ${wordsOf(error)}`);
    });
    clearTimeout(timer);
    return tunnel.over(socket as Socket);
}

/** A web socket's error is an event. */
function wordsOf(error: unknown): string {
    const { message } = error as { message?: unknown };
    return typeof message === "string" && message !== "" ? message : "the API server refuses a port-forward";
}

/** One connection over a web socket: frames of the port-forward's stream 0. */
class Tunnel extends Duplex {
    /** What comes from the pod. */
    readonly incoming = new Writable({
        write: (chunk: Buffer, _, done) => {
            if (chunk.length > 0) this.push(chunk);
            done();
        },
    });
    /** What the kubelet says against it. */
    readonly refusals = new Writable({
        write: (chunk: Buffer, _, done) => {
            if (chunk.length > 0) this.destroy(new Error(`the kubelet says: ${chunk.toString().slice(0, 300)}`));
            done();
        },
    });
    private socket: Socket | undefined;

    over(socket: Socket): this {
        this.socket = socket;
        socket.addEventListener("close", () => {
            this.push(null);
            this.destroy();
        });
        return this;
    }

    override _read(): void {
        // The web socket brings what comes, and cannot be told to wait; answers to pushes are small.
    }

    override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
        this.socket?.send(Buffer.concat([Buffer.of(0), chunk]), done);
    }

    override _final(done: () => void): void {
        // This protocol has no end of one direction.
        done();
    }

    override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
        this.socket?.close();
        done(error);
    }
}
