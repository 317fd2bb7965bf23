import { isIP } from "node:net";

/** What is known before `up` of how clients name a registry. */
export interface NamesArgs {
    /** Public hosts, each `host` or `host:port`, the main one first. */
    hosts: readonly string[];
    /** Name of the Service. */
    service: string;
    /** Namespace of the Service. */
    namespace: string;
    /** DNS domain of the cluster's services, such as `cluster.local`. */
    clusterDomain: string;
    /** Further DNS names and IP addresses: of nodes, of a load balancer, whatever else clients dial. */
    extras: readonly string[];
}

/** What a certificate names. */
export interface CertificateNames {
    /** DNS names, each once, the main public host first. */
    dnsNames: string[];
    /** IP addresses, each once. */
    ipAddresses: string[];
}

/** Every name and address of a registry that is known before `up`: all but the Service's address, unless that is fixed. */
export function certificateNames(args: NamesArgs): CertificateNames {
    const { service, namespace, clusterDomain } = args;
    const all = [
        ...args.hosts.map(withoutPort),
        ...serviceNames(service, namespace, clusterDomain),
        ...args.extras.map(withoutPort),
    ];
    return {
        dnsNames: unique(all.filter((name) => isIP(name) === 0)),
        ipAddresses: unique(all.filter((name) => isIP(name) !== 0)),
    };
}

/** The names under which pods reach a Service, shortest first (Kubernetes DNS specification, section 2.3). */
export function serviceNames(service: string, namespace: string, clusterDomain: string): string[] {
    const scoped = `${service}.${namespace}`;
    return [service, scoped, `${scoped}.svc`, `${scoped}.svc.${clusterDomain}`];
}

/** A host without its port: certificates name none. An IPv6 address has a port only where it stands in brackets. */
export function withoutPort(host: string): string {
    const bracketed = /^\[(.*)\](?::\d+)?$/.exec(host)?.[1];
    return bracketed ?? (isIP(host) === 6 ? host : host.replace(/:\d+$/, ""));
}

/** Each entry once, in the order of its first. */
export function unique(values: readonly string[]): string[] {
    return [...new Set(values)];
}
