import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { ApiServer } from "./apiServer.ts";
import { Copier, type CopierSettings } from "./copier.ts";

/**
 * The copier's program, in a pod of the cluster: `node main.ts <settings> <port>`.
 * It is mounted as it stands and needs nothing but Node 24.
 */
const [settingsFile = "", port = ""] = process.argv.slice(2);
const identity = "/var/run/secrets/kubernetes.io/serviceaccount";
/** A watch ends and begins again every five minutes: three of those in silence are a program that hangs. */
const silentMs = 15 * 60_000;

const log = (line: string): void => {
    console.log(line);
};
const stop = new AbortController();
const api = new ApiServer(
    () => ({
        protocol: "https:",
        hostname: process.env.KUBERNETES_SERVICE_HOST,
        port: process.env.KUBERNETES_SERVICE_PORT,
        // Read each time: the kubelet renews the token every hour, and the authority may change as well.
        ca: readFileSync(join(identity, "ca.crt")),
        headers: { authorization: `Bearer ${readFileSync(join(identity, "token"), "utf8")}` },
    }),
    stop.signal,
);
const copier = new Copier(api, JSON.parse(readFileSync(settingsFile, "utf8")) as CopierSettings, log);

const health = createServer((request, response) => {
    const well = request.url === "/ready" ? copier.ready : Date.now() - copier.heard < silentMs;
    response.writeHead(well ? 200 : 503).end(well ? "ok\n" : "not yet\n");
}).listen(Number(port));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
        health.close();
        health.closeAllConnections();
        stop.abort();
    });
}
log("the copier begins");
await copier.run(stop.signal);
log("the copier ends");
