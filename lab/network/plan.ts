/** One machine of the lab as the network sees it. */
export interface MachinePlan {
    readonly name: string;
    /** Which side of the router it is on: the site's own network, or outside of it. */
    readonly side: "site" | "outside";
    readonly address: string;
    /** The addresses of the pods it runs; only nodes have them. */
    readonly podCidr?: string;
}

/** The router's address on each side. Every network is a /24. */
export const routerAddress = { site: "192.168.50.1", outside: "192.168.60.1" } as const;

export const controlPlane: MachinePlan = { name: "control-plane", side: "site", address: "192.168.50.10" };

export const nodes: readonly MachinePlan[] = [
    { name: "node1", side: "site", address: "192.168.50.11", podCidr: "10.244.1.0/24" },
    { name: "node2", side: "site", address: "192.168.50.12", podCidr: "10.244.2.0/24" },
];

/** A machine of the site that is no cluster node: it is administered over SSH. */
export const host: MachinePlan = { name: "host1", side: "site", address: "192.168.50.21" };

/** A laptop: it reaches the ingress of the site and nothing else of it. */
export const outside: MachinePlan = { name: "outside", side: "outside", address: "192.168.60.10" };

/** Every machine, in the order in which people ask for them. */
export const machines: readonly MachinePlan[] = [controlPlane, ...nodes, host, outside];

export const podCidr = "10.244.0.0/16";
export const serviceCidr = "10.96.0.0/16";

/** The first address of the service network: the API server as pods know it. */
export const apiServiceAddress = "10.96.0.1";
export const clusterDnsAddress = "10.96.0.10";
export const clusterDomain = "cluster.local";
export const apiPort = 6443;

/** Where the ingress answers on ports 80 and 443. */
export const ingressAddress = "192.168.50.11";
