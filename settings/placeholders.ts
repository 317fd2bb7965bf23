import { isRecord } from "./record.ts";

/** A text of a template that stands for what the site has to give: `<public host of the registry>`. */
const placeholder = /^<[^<>]+>$/;

/** Every value, and every name in a section, that is still as the template has it. Never the value of a secret. */
export function placeholders(plain: unknown, path = ""): string[] {
    if (typeof plain === "string" && placeholder.test(plain)) {
        return [
            `${path}: is ${JSON.stringify(plain)}, as the template has it; put the site's own value in its place, or remove the setting`,
        ];
    }
    if (Array.isArray(plain)) return plain.flatMap((one, index) => placeholders(one, `${path}.${index.toString()}`));
    if (!isRecord(plain)) return [];
    return Object.entries(plain).flatMap(([key, value]) => placeholders(value, path === "" ? key : `${path}.${key}`));
}
