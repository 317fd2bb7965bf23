/** Fields of a pod's specification that hold containers. */
const containerFields = ["containers", "initContainers", "ephemeralContainers"];

/**
 * The images that an object's pods name, wherever the object has its pod specification: in a Deployment, a CronJob, a
 * List, or a resource of somebody else's that repeats the fields of a pod. An image that an object names in a field of
 * its own, for a program that makes pods of it, is not found.
 */
export function imagesIn(value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap(imagesIn);
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, field]) => {
        if (!Array.isArray(field)) return imagesIn(field);
        const named = field.flatMap((one: unknown) => {
            if (containerFields.includes(key)) return text(one, "image");
            // A volume that is an image (https://kubernetes.io/docs/concepts/storage/volumes/#image).
            return key === "volumes" ? text(part(one, "image"), "reference") : [];
        });
        return [...named, ...imagesIn(field)];
    });
}

function part(value: unknown, key: string): unknown {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown, key: string): string[] {
    const found = part(value, key);
    return typeof found === "string" && found !== "" ? [found] : [];
}
