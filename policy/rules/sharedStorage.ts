import { containersOf, podSpecOf } from "../pods.ts";
import type { Rule, Subject } from "../rule.ts";
import { at, objectName, records } from "../values.ts";

export const sharedStorage: Rule = {
    id: "shared-by-all-pods",
    level: "mandatory",
    description: "Several pods share a storage that takes several writers, and one http.secret.",
    reason: "pods of one service would not see each other's images, or refuse each other's uploads",
    remedy: "set registry.replicas to 1, or use s3 or ReadWriteMany; http.secret comes from one Secret for all",
    settings: {},
    check: (subject) => {
        const spec = severalPods(subject);
        if (spec === undefined) return [];
        const alone = records(spec.volumes).filter((volume) => "hostPath" in volume || "emptyDir" in volume);
        const mounted = new Map(
            containersOf(spec)
                .flatMap((container) => records(container.volumeMounts))
                .map((mount) => [mount.mountPath, mount.name]),
        );
        const images = alone.filter(({ name }) => mounted.get("/var/lib/registry") === name);
        return [
            ...images.map(({ name }) => `has several pods, and each its own ${String(name)} at /var/lib/registry`),
            ...(lacksSecret(spec) ? ["has several pods of the registry without REGISTRY_HTTP_SECRET"] : []),
        ];
    },
    checkAll: (subjects) => {
        const single = subjects.filter(isSingleWriter).map(({ props }) => objectName(props));
        return subjects.flatMap((subject) => {
            const spec = severalPods(subject);
            const namespace = at(subject.props, "metadata", "namespace");
            const claims = records(spec?.volumes).map((volume) => at(volume, "persistentVolumeClaim", "claimName"));
            return claims
                .map((claim) => [namespace, claim].filter((part) => typeof part === "string").join("/"))
                .filter((claim) => single.includes(claim))
                .map((claim) => `${subject.name} has several pods on the claim ${claim}, which takes one writer`);
        });
    },
};

/** The spec of the pods of a Deployment that has several of them. */
function severalPods(subject: Subject): Record<string, unknown> | undefined {
    const replicas = at(subject.props, "spec", "replicas");
    const several = subject.type.endsWith(":Deployment") && typeof replicas === "number" && replicas > 1;
    return several ? podSpecOf(subject) : undefined;
}

function isSingleWriter({ type, props }: Subject): boolean {
    const modes = at(props, "spec", "accessModes");
    return type.endsWith(":PersistentVolumeClaim") && Array.isArray(modes) && !modes.includes("ReadWriteMany");
}

/** Whether a container runs distribution's registry and has its secret neither by name nor from a Secret. */
function lacksSecret(spec: Record<string, unknown>): boolean {
    const registries = records(spec.containers).filter(({ image }) => /(^|\/)registry[:@]/.test(String(image)));
    return registries.some((container) => {
        const named = records(container.env).some(({ name }) => name === "REGISTRY_HTTP_SECRET");
        return !named && !records(container.envFrom).some((from) => "secretRef" in from);
    });
}
