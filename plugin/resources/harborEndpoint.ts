import { X509Certificate } from "node:crypto";

import { endpointUrl } from "../harbor/address.ts";
import { endpoints, type Item } from "../harbor/collection.ts";
import type { Harbor } from "../harbor/harbor.ts";
import { isHarbor } from "../harbor/harborError.ts";
import { checkedId, harborOf, makeNamed, nameTaken, removeNumbered, warnOfChange } from "../harbor/named.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { textsMissing, type Failure, type Resource } from "../resource.ts";

/** Kinds of registry that Harbor 2.15 has an adapter for (src/pkg/reg/model/registry.go). */
const types = [
    "harbor",
    "docker-hub",
    "docker-registry",
    "huawei-SWR",
    "google-gcr",
    "aws-ecr",
    "azure-acr",
    "ali-acr",
    "jfrog-artifactory",
    "quay",
    "gitlab",
    "dtr",
    "tencent-tcr",
    "github-ghcr",
    "volcengine-cr",
];
const dockerHub = "https://hub.docker.com";
/** What Harbor answers instead of a secret. Sent back, it would become the secret. */
const masked = "*****";
/** Harbor's column holds 4096 characters of what it made of the secret. */
const longestSecret = 3000;

/** A registry that Harbor copies from or to. */
export const harborEndpoint: Resource = {
    type: "siteregistry:index:HarborEndpoint",
    secrets: ["accessSecret"],
    identity: ["type"],
    quiet: ["adopt"],
    unique: true,

    async check(given, before, session) {
        const inputs = completed(given);
        const failures = [...textsMissing(inputs, ["name", "type", "url"]), ...mistakesOf(inputs)];
        const harbor = session.harbor();
        if (failures.length > 0 || harbor === undefined) return { inputs, failures };
        const { name, adopt, caBundle } = inputs;
        if (typeof name === "string" && !isUnknown(name) && before?.name !== name) {
            failures.push(...(await nameTaken(harbor, endpoints, name, before === undefined && adopt)));
        }
        if (caBundle !== undefined && before?.caBundle !== caBundle && !(await harbor.isAtLeast(2, 15))) {
            const { harbor_version: version } = await harbor.info();
            const reason = `needs Harbor 2.15, and this one is ${version}: it would drop the roots without a word; give them to Harbor itself`;
            failures.push({ property: "caBundle", reason });
        }
        return { inputs, failures };
    },

    async create(inputs, session) {
        const harbor = harborOf(session);
        const body = {
            ...sharedBody(inputs),
            type: inputs.type,
            credential: withoutUndefined({
                type: inputs.accessKey === undefined ? undefined : inputs.credentialType,
                access_key: inputs.accessKey,
                access_secret: inputs.accessSecret,
            }),
        };
        const id = await explaining(inputs, () =>
            makeNamed(harbor, endpoints, nameOf(inputs), body, async (found) => {
                const kept = (await harbor.list(endpoints)).get(found);
                if (kept?.type !== inputs.type) {
                    throw new Error(
                        `name: ${String(inputs.name)} is there as ${String(kept?.type)}, and the type of an endpoint cannot be changed: remove it in Harbor`,
                    );
                }
                await put(harbor, found, inputs);
            }),
        );
        const kept = stateOf((await harbor.reread(endpoints, id)) ?? {}, inputs);
        warnOfChange(inputs, kept, session, "endpoint");
        return { id, state: kept };
    },

    async read(id, state, session) {
        const item = (await harborOf(session).list(endpoints)).get(checkedId(id, endpoints));
        return item === undefined ? undefined : stateOf(item, state);
    },

    async update(_, inputs, session, id) {
        const harbor = harborOf(session);
        await explaining(inputs, () => put(harbor, id, inputs));
        const kept = stateOf((await harbor.reread(endpoints, id)) ?? {}, inputs);
        warnOfChange(inputs, kept, session, "endpoint");
        return kept;
    },

    async delete(_, session, id) {
        try {
            await removeNumbered(harborOf(session), endpoints, id);
        } catch (error) {
            if (!isHarbor(error, 412)) throw error;
            throw new Error(
                `the endpoint is still in use (${error.reason}): remove the rules and proxy-cache projects that another one made with it`,
                { cause: error },
            );
        }
    },
};

/** Everything is said in full, and in Harbor's own form, so that nothing differs from what it answers. */
function completed(given: Properties): Properties {
    const { url } = given;
    const kept = typeof url === "string" && !isUnknown(url) ? endpointUrl(url) : { url };
    const { accessKey, accessSecret, caBundle } = given;
    return withoutUndefined({
        ...given,
        url: "url" in kept ? kept.url : url,
        description: given.description ?? "",
        insecure: given.insecure ?? false,
        accessKey: accessKey === "" ? undefined : accessKey,
        accessSecret: accessSecret === "" ? undefined : accessSecret,
        credentialType: accessKey === undefined || accessKey === "" ? undefined : (given.credentialType ?? "basic"),
        caBundle: caBundle === "" ? undefined : caBundle,
    });
}

function mistakesOf(inputs: Properties): Failure[] {
    const { name, type, url, accessKey, accessSecret, credentialType, insecure, caBundle } = inputs;
    const failures: Failure[] = [];
    const refuse = (property: string, reason: string): void => {
        failures.push({ property, reason });
    };
    if (isText(name) && name.length > 64) refuse("name", "is too long: at most 64 characters are allowed");
    if (isText(type) && !types.includes(type)) refuse("type", `allowed are ${types.join(", ")}`);
    if (isText(url) && url !== "") {
        const checked = endpointUrl(url);
        if ("reason" in checked) refuse("url", checked.reason);
        else if (type === "docker-hub" && checked.url !== dockerHub) {
            refuse("url", `of Docker Hub is always ${dockerHub}; a mirror of it has the type docker-registry`);
        }
    }
    if (accessSecret !== undefined && accessKey === undefined) {
        refuse("accessSecret", "needs an accessKey, without which Harbor drops it");
    }
    if (isText(accessKey) && accessKey.length > 255)
        refuse("accessKey", "is too long: at most 255 characters are allowed");
    if (accessSecret === masked) refuse("accessSecret", "is what Harbor shows instead of a secret, and no secret");
    if (isText(accessSecret) && Buffer.byteLength(accessSecret) > longestSecret) {
        refuse("accessSecret", `is too long: at most ${longestSecret.toString()} bytes fit`);
    }
    if (isText(credentialType) && !["basic", "oauth"].includes(credentialType)) {
        refuse("credentialType", "allowed are basic, oauth");
    }
    if (insecure === true && caBundle !== undefined) {
        refuse("insecure", "contradicts caBundle: with roots Harbor verifies, whatever insecure says");
    }
    if (isText(caBundle)) {
        const reason = bundleMistake(caBundle);
        if (reason !== undefined) refuse("caBundle", reason);
    }
    return failures;
}

function bundleMistake(text: string): string | undefined {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
    if (blocks === null) return "holds no certificate: allowed is PEM with at least one";
    try {
        for (const block of blocks) new X509Certificate(block);
        return undefined;
    } catch {
        return "holds a certificate that cannot be read";
    }
}

/** A PUT keeps what it does not name, and knows credentials by other names than a POST does. All of it is said. */
async function put(harbor: Harbor, id: string, inputs: Properties): Promise<void> {
    const { accessKey, accessSecret, credentialType } = inputs;
    const credential =
        accessKey === undefined
            ? { access_key: "", access_secret: "" }
            : { credential_type: credentialType, access_key: accessKey, access_secret: accessSecret ?? "" };
    await harbor.send("PUT", `${endpoints.path}/${id}`, { ...sharedBody(inputs), ...credential });
}

function sharedBody({ name, url, description, insecure, caBundle }: Properties): Properties {
    return { name, url, description, insecure, ca_certificate: caBundle ?? "" };
}

/** What Harbor shows. A secret is only seen to be there; one that is gone or belongs to another key is no longer ours. */
function stateOf(item: Item, known: Properties): Properties {
    const credential = (item.credential ?? {}) as Item;
    const accessKey = credential.access_key === "" ? undefined : credential.access_key;
    const kept = credential.access_secret !== undefined && accessKey === known.accessKey;
    return withoutUndefined({
        name: item.name,
        type: item.type,
        url: item.url,
        description: item.description ?? "",
        insecure: item.insecure ?? false,
        caBundle: item.ca_certificate === "" ? undefined : item.ca_certificate,
        accessKey,
        accessSecret: kept ? known.accessSecret : undefined,
        credentialType: accessKey === undefined ? undefined : (credential.type ?? "basic"),
        adopt: known.adopt,
    });
}

/** Harbor tries the endpoint before it saves it, and does not say what it met. */
async function explaining<Value>(inputs: Properties, work: () => Promise<Value>): Promise<Value> {
    try {
        return await work();
    } catch (error) {
        if (!isHarbor(error, 400, 403, 500)) throw error;
        const login = inputs.accessKey === undefined ? "without a login" : `as ${JSON.stringify(inputs.accessKey)}`;
        throw new Error(
            `${error.message}. Harbor asks ${String(inputs.url)} (${String(inputs.type)}, ${login}) before it saves the endpoint: ` +
                "look whether that address resolves and answers from Harbor's own network, whether Harbor trusts its certificate, and whether the login is right",
            { cause: error },
        );
    }
}

function nameOf(inputs: Properties): { name: string; adopt: unknown } {
    return { name: inputs.name as string, adopt: inputs.adopt };
}

function isText(value: unknown): value is string {
    return typeof value === "string" && !isUnknown(value);
}

function withoutUndefined(values: Properties): Properties {
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
