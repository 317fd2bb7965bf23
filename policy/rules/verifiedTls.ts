import { excepted, names, type Rule } from "../rule.ts";
import { at, records } from "../values.ts";

/** Fields that turn the check of a certificate off, in what this program registers. */
const switches = ["insecure", "harborInsecure", "insecureSkipTLSVerify", "insecureSkipVerify"];

export const verifiedTls: Rule = {
    id: "verified-tls",
    level: "mandatory",
    description: "No connection whose certificate is not looked at.",
    reason: "whoever stands between the two can read and change what they say, logins too",
    remedy: "give the root of the other side (caBundle), or name the host in `allowed` of this policy",
    settings: { allowed: names() },
    check: ({ type, name, props }, config) => {
        const host = [at(props, "url"), at(props, "harborUrl"), at(props, "host"), name].find(
            (one): one is string => typeof one === "string",
        );
        const off = switches.filter((key) => props[key] === true || props[key] === "true");
        const found = off.map((key) => ({ host: hostOf(host ?? name), what: `${key} is set` }));
        if (type.endsWith(":NodeCaTrust") && Array.isArray(props.insecureRegistries)) {
            const hosts = props.insecureRegistries.filter((one): one is string => typeof one === "string");
            found.push(...hosts.map((one) => ({ host: one, what: `insecureRegistries has ${one}` })));
        }
        if (type.endsWith(":ServersTransport") && at(props, "spec", "insecureSkipVerify") === true)
            found.push({ host: name, what: "spec.insecureSkipVerify is set" });
        for (const tag of records(props.tags))
            if (tag.insecure === true) found.push({ host: name, what: `the tag ${String(tag.name)} is insecure` });
        return found.filter((one) => !excepted(config, "allowed", one.host)).map(({ what }) => what);
    },
};

function hostOf(url: string): string {
    return url.replace(/^[a-z]+:\/\//, "").replace(/\/.*$/, "");
}
