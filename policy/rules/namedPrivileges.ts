import { containersOf, podSpecOf } from "../pods.ts";
import { excepted, names, type Rule } from "../rule.ts";
import { at, namesOf, records } from "../values.ts";

export const namedPrivileges: Rule = {
    id: "named-privileges",
    level: "mandatory",
    description: "Only named pods have privileges on their node.",
    reason: "who gets into such a pod has the node, and with it every pod there",
    remedy: "do without, or name workload or namespace in `allowed` of this policy",
    // The agent that writes the trust of a node; it has narrow directories of it and no privileges besides.
    settings: { allowed: names("node-trust-agent") },
    check: (subject, config) => {
        const spec = podSpecOf(subject);
        if (spec === undefined || namesOf(subject).some((name) => excepted(config, "allowed", name))) return [];
        const ofNode = ["hostPID", "hostNetwork", "hostIPC"].filter((key) => spec[key] === true);
        const paths = records(spec.volumes).map((volume) => at(volume, "hostPath", "path"));
        const containers = containersOf(spec).flatMap((container) => {
            const added = at(container, "securityContext", "capabilities", "add");
            return [
                ...(at(container, "securityContext", "privileged") === true ? ["privileged"] : []),
                ...(Array.isArray(added) && added.includes("SYS_ADMIN") ? ["the capability SYS_ADMIN"] : []),
            ].map((what) => `the container ${String(container.name)} has ${what}`);
        });
        return [
            ...ofNode.map((key) => `has ${key}`),
            ...paths.filter((path) => typeof path === "string").map((path) => `mounts ${path} of the node`),
            ...containers,
        ];
    },
};
