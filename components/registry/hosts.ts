import { isIPv4 } from "node:net";

/** A public host of a registry, as the first part of image references names it. */
export interface RegistryHost {
    /** `name` or `name:port`: the key of docker configurations and the directory of a node's trust. */
    text: string;
    /** Without the port: what certificates, TLS server names and routes say. */
    name: string;
    /** The port of the public way in; undefined means 443. */
    port: number | undefined;
    /** Whether the name is an IPv4 address, for which clients send no TLS server name. */
    isAddress: boolean;
}

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
const dnsName = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`);
/** What is allowed, for the message about what is not. */
export const hostGrammar =
    "allowed is a full lower-case DNS name without scheme or path, such as registry.example.org, " +
    "or any name or IPv4 address with a port, such as image-registry:5000";

/** What is wrong with the text of a host, or undefined. */
export function hostProblem(text: string): string | undefined {
    const [name = "", port, ...rest] = text.split(":");
    if (rest.length > 0 || !isHostName(name)) return hostGrammar;
    if (port?.includes("/") === true) return hostGrammar;
    if (port !== undefined && !(/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535)) {
        return "the port must be a whole number from 1 to 65535";
    }
    // Docker takes what stands before the first slash for a registry only if it holds a dot or a colon.
    if (port === undefined && !name.includes(".")) {
        return "a name without a dot needs a port, or image references take it for a part of the repository";
    }
    return undefined;
}

function isHostName(name: string): boolean {
    // What ends in a number is read as an address everywhere.
    return isIPv4(name) || (dnsName.test(name) && !/(^|\.)\d+$/.test(name));
}

/** The parts of a host. Throws where {@link hostProblem} finds something. */
export function parseHost(text: string): RegistryHost {
    const problem = hostProblem(text);
    if (problem !== undefined) throw new Error(`the host "${text}": ${problem}`);
    const [name = "", port] = text.split(":");
    return { text, name, port: port === undefined ? undefined : Number(port), isAddress: isIPv4(name) };
}

/** The names of the hosts, without ports, each once, in their order. Addresses are left out: no route can match them. */
export function routedNames(hosts: readonly string[]): string[] {
    const named = hosts.map(parseHost).filter((host) => !host.isAddress);
    return [...new Set(named.map((host) => host.name))];
}
