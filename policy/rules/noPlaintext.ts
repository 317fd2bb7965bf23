import { excepted, names, type Rule, type Subject } from "../rule.ts";
import { at, namesOf, records } from "../values.ts";

export const noPlaintext: Rule = {
    id: "no-plaintext-exposure",
    level: "mandatory",
    description: "Nothing is reached from outside the cluster without TLS.",
    reason: "logins and images would cross the site in plain text",
    remedy: "give the way in a `tls` section, or name it in `allowed` of this policy",
    settings: { allowed: names() },
    check: (subject, config) => {
        if (namesOf(subject).some((name) => excepted(config, "allowed", name))) return [];
        return plainWays(subject);
    },
};

function plainWays({ type, props }: Subject): string[] {
    const tls = at(props, "spec", "tls");
    switch (type.split(":").at(-1)) {
        case "Ingress":
            return records(tls).length === 0 ? ["the Ingress has no spec.tls"] : [];
        case "IngressRoute":
        case "IngressRouteTCP":
            return tls === undefined || tls === null ? ["the route has no spec.tls"] : [];
        case "Route":
            return tls === undefined || tls === null ? ["the Route has no spec.tls"] : [];
        case "Gateway":
            return records(at(props, "spec", "listeners"))
                .filter(({ protocol }) => protocol === "HTTP" || protocol === "TCP")
                .map(({ name, protocol }) => `the listener ${String(name)} speaks ${String(protocol)}`);
        case "Service": {
            const kind = at(props, "spec", "type");
            if (kind !== "NodePort" && kind !== "LoadBalancer") return [];
            return records(at(props, "spec", "ports"))
                .filter(({ port, name }) => port === 80 || name === "http")
                .map(({ port }) => `the ${kind} shows port ${String(port)} of plain HTTP`);
        }
        default:
            return [];
    }
}
