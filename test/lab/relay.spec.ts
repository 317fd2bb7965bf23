import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import type * as Relay from "../../lab/cluster/relay.ts";
import { ScratchCheckout, setVariables } from "./scratch.ts";

/** The longest path that fits a socket's address, with the zero byte that ends it. */
const longest = 107;

describe("the way from the host to the cluster", () => {
    let scratch: ScratchCheckout;
    let relay: typeof Relay;
    let restore: () => void;
    const servers: Server[] = [];
    beforeEach(async () => {
        scratch = new ScratchCheckout();
        restore = setVariables(scratch.variables);
        relay = (await scratch.load("cluster/relay.ts")) as typeof Relay;
    });
    afterEach(async () => {
        await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
        restore();
        scratch.remove();
    });

    function take(port: number): Promise<void> {
        const server = createServer();
        servers.push(server);
        return new Promise((resolve, reject) => {
            server.once("error", reject).listen(port, "127.0.0.1", resolve);
        });
    }

    it("has the same port each time, away from those of services and of clients", async () => {
        const port = await relay.choosePort();
        assert.equal(await relay.choosePort(), port);
        assert.ok(port >= 20_000 && port < 32_000, port.toString());
    });

    it("has another port when somebody else listens on its own", async () => {
        const port = await relay.choosePort();
        await take(port);
        const other = await relay.choosePort();
        assert.notEqual(other, port);
        await take(other);
    });

    it("is refused where its socket's path would be too long, and only there", () => {
        const rest = join(relay.relayDirectory(), "api.sock").length - scratch.state.length;
        setVariables({ XDG_STATE_HOME: `/${"s".repeat(longest - rest - 1)}` });
        assert.doesNotThrow(relay.checkRelayDirectory);
        setVariables({ XDG_STATE_HOME: `/${"s".repeat(longest - rest)}` });
        assert.throws(relay.checkRelayDirectory, /too long a path for a socket\.\n {2}Set XDG_STATE_HOME/);
    });
});
