/**
 * Preloaded into the engine's programs: the name in `LOOPBACK_NAME` is this machine's loopback, for a server of a test that is to be known
 * by the same name here and on the lab's nodes.
 */
import dns from "node:dns";

const { lookup } = dns;
const named = (host: string): string => (host === process.env.LOOPBACK_NAME ? "127.0.0.1" : host);
dns.lookup = Object.assign((host: string, ...rest: unknown[]) => {
    (lookup as (...args: unknown[]) => void)(named(host), ...rest);
}, lookup);
