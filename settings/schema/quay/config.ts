import { z } from "zod";

type Path = (string | number)[];

/** One mistake: where, and what is allowed. */
export interface ConfigMistake {
    readonly path: Path;
    readonly message: string;
}

const anything: z.ZodType = z.unknown();
const flag = z.boolean("allowed are true and false, without quotes");
const number = z.int("allowed is a whole number, without quotes");
const text = z.string("allowed is a text").min(1, "allowed is a text that is not empty");
const texts = z.array(text, "allowed is a list of texts");

/** Fields of Quay's `config.yaml` whose kind is known (quay-docs, config-fields-*). `FEATURE_*` are flags, every port is a number. */
const known: Readonly<Record<string, z.ZodType>> = {
    SUPER_USERS: texts,
    GLOBAL_READONLY_SUPER_USERS: texts,
    TAG_EXPIRATION_OPTIONS: texts,
    DISTRIBUTED_STORAGE_PREFERENCE: texts,
    DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: texts,
    DISTRIBUTED_STORAGE_CONFIG: z.record(z.string(), z.tuple([text, z.record(z.string(), anything)]), {
        error: "allowed is a map from locations to [engine, {…}]",
    }),
    BROWSER_API_CALLS_XHR_ONLY: flag,
    ALLOW_PULLS_WITHOUT_STRICT_LOGGING: flag,
    CREATE_PRIVATE_REPO_ON_PUSH: flag,
    CREATE_NAMESPACE_ON_PUSH: flag,
    SETUP_COMPLETE: flag,
    TESTING: flag,
    EXTERNAL_TLS_TERMINATION: flag,
    MAIL_USE_TLS: flag,
    MAIL_USE_AUTH: flag,
    ROBOTS_DISALLOW: flag,
    AUTHENTICATION_TYPE: z.enum(["Database", "LDAP", "JWT", "Keystone", "OIDC", "AppToken"]),
    PREFERRED_URL_SCHEME: z.enum(["http", "https"]),
    SERVER_HOSTNAME: text,
    REGISTRY_TITLE: text,
    REGISTRY_TITLE_SHORT: text,
    DEFAULT_TAG_EXPIRATION: z.string().regex(/^\d+[smhdw]$/, "allowed is a time such as 2w"),
    TEAM_RESYNC_STALE_TIME: z.string().regex(/^\d+[smhdw]$/, "allowed is a time such as 60m"),
    DEFAULT_SYSTEM_REJECT_QUOTA_BYTES: number,
    MAXIMUM_LAYER_SIZE: z.string().regex(/^\d+[KMGT]$/, "allowed is a size such as 20G"),
};

/** Fields that are secret, or hold what is. */
const secretField = /(PASSWORD|SECRET|_KEY$|^DB_URI$|TOKEN$)/i;

/** Fields that make a part of Quay the bundle's own: the operator refuses them while it manages that part. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
    objectstorage: [
        "DISTRIBUTED_STORAGE_CONFIG",
        "DISTRIBUTED_STORAGE_PREFERENCE",
        "DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS",
        "FEATURE_STORAGE_REPLICATION",
    ],
    postgres: ["DB_URI"],
    clair: ["FEATURE_SECURITY_SCANNER", "SECURITY_SCANNER_V4_ENDPOINT", "SECURITY_SCANNER_V4_NAMESPACE_WHITELIST"],
    horizontalpodautoscaler: [],
    redis: ["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"],
};

/** Parts that Quay cannot be without: who does not let the operator manage one gives its fields. */
const required: readonly string[] = ["postgres", "objectstorage", "redis"];

/** What is wrong with the fields of a `config.yaml`. */
export function configMistakes(config: Readonly<Record<string, unknown>>): ConfigMistake[] {
    return Object.entries(config).flatMap(([key, value]) => [...fieldMistakes(key, value), ...ports([key], value)]);
}

function fieldMistakes(key: string, value: unknown): ConfigMistake[] {
    if (!/^[A-Z][A-Z0-9_]*$/.test(key))
        return [{ path: [key], message: "is no field of config.yaml: they are upper-case letters, digits and '_'" }];
    const shape = known[key] ?? (key.startsWith("FEATURE_") ? flag : anything);
    const found = shape.safeParse(value);
    if (found.success) return [];
    return found.error.issues.map(({ path, message }) => ({ path: [key, ...path.map(stepOf)], message }));
}

function stepOf(step: PropertyKey): string | number {
    return typeof step === "number" ? step : String(step);
}

/** Quay starts with `port: "9000"`, and fails at the first layer. */
function ports(path: Path, value: unknown): ConfigMistake[] {
    const name = String(path.at(-1));
    if (/(^|_)port$/i.test(name)) {
        const sound = typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65536;
        return sound ? [] : [{ path, message: "allowed is a number from 1 to 65535, without quotes" }];
    }
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) =>
        ports([...path, Array.isArray(value) ? Number(key) : key], item),
    );
}

/** The fields of it that must not stand in plain text, also for what is further below. */
export function secretFields(config: Readonly<Record<string, unknown>>): string[] {
    const below = (value: unknown): boolean =>
        typeof value === "object" &&
        value !== null &&
        Object.entries(value).some(([key, item]) => secretField.test(key) || below(item));
    return Object.keys(config).filter((key) => {
        if (key.startsWith("FEATURE_")) return false;
        return (!(key in known) && secretField.test(key)) || below(config[key]);
    });
}

/** Where the fields contradict what the operator manages. `managed` tells by kind; `fields` are all names, also secret ones. */
export function managementMistakes(
    fields: readonly string[],
    managed: Readonly<Record<string, boolean>>,
): { kind: string; message: string; field?: string }[] {
    return Object.entries(fieldsOf).flatMap(([kind, own]) => {
        const there = own.filter((field) => fields.includes(field));
        const first = there[0];
        if (managed[kind] === true && first !== undefined && kind !== "redis")
            return [{ kind, field: first, message: `the operator manages ${kind}, and then refuses this field` }];
        if (managed[kind] === false && required.includes(kind) && there.length === 0)
            return [{ kind, message: `without the operator, the bundle must say where it is: ${own.join(", ")}` }];
        return [];
    });
}
