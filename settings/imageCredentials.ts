import { namedDestinations } from "./schema/images.ts";
import { isRecord } from "./record.ts";
import type { PlainSettings } from "./schema.ts";

/** What images are copied with. */
export interface ImageCredential {
    /** Login name. */
    readonly user: string;
    /** Its password. */
    readonly password: string;
}

const members = ["user", "password"];
const remedy = `set each with: npx pulumi config set --secret --path 'imageCredentials["<host>"].password'`;

/** Every mistake in the logins for copying images, none of which shows one. `given` is undefined where there is no such key. */
export function checkImageCredentials(given: unknown, { images }: PlainSettings): string[] {
    if (given === undefined) return [];
    if (!isRecord(given)) return [`imageCredentials: must map hosts to user and password; ${remedy}`];
    if (images === undefined) return ["imageCredentials: there is no `images` section: remove the key, or add it"];
    const { destination, source } = images;
    const hosts = [
        ...(namedDestinations.some((one) => one === destination) ? [] : [destination]),
        ...(source.host === undefined ? [] : [source.host]),
    ];
    return Object.entries(given).flatMap(([host, login]) => {
        const one = isRecord(login) ? login : {};
        return [
            ...(hosts.includes(host)
                ? []
                : [
                      `imageCredentials.${host}: nothing is copied from or to it; known are ${hosts.join(", ") || "none"}`,
                  ]),
            ...Object.keys(one)
                .filter((name) => !members.includes(name))
                .map(
                    (name) => `imageCredentials.${host}: has ${JSON.stringify(name)}; known are ${members.join(", ")}`,
                ),
            ...members
                .filter((name) => typeof one[name] !== "string" || one[name] === "")
                .map((name) => `imageCredentials.${host}.${name}: must be a text that is not empty; ${remedy}`),
        ];
    });
}

/** The hosts that there are logins for. Plain, because they decide what is made. */
export function imageCredentialHosts(given: unknown): string[] {
    return isRecord(given) ? Object.keys(given) : [];
}
