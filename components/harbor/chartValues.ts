/** Values of a Helm chart. */
export type ChartValues = Record<string, unknown>;

/** Names of the Secrets that Harbor's chart is pointed to. */
export interface ChartSecrets {
    /** `tls.crt` and `tls.key` of the server. */
    certificate: string;
    /** `tls.crt` and `tls.key` that tokens are signed with. */
    token: string;
    /** `ca.crt`: roots that Harbor itself believes. */
    roots: string;
    /** `HARBOR_ADMIN_PASSWORD`. */
    admin: string;
    /** Everything that Harbor's parts show each other. */
    keys: string;
}

/** The keys in the Secret {@link ChartSecrets.keys}, as the chart (1.16 to 1.19) looks for them. */
export const keysOfParts = {
    secretKey: "secretKey",
    core: "secret",
    csrf: "CSRF_KEY",
    jobservice: "JOBSERVICE_SECRET",
    http: "REGISTRY_HTTP_SECRET",
    password: "REGISTRY_PASSWD",
    htpasswd: "REGISTRY_HTPASSWD",
} as const;

/** Who Harbor's core is to Harbor's registry. */
export const registryUser = "harbor_registry_user";

/**
 * What the stack says to Harbor's chart: by names of Secrets alone, so that no secret is in a value, and every value is known in
 * the first preview. Without these the chart would make keys of its own, and others at every run.
 */
export function ownValues(url: string, secrets: ChartSecrets, keepVolumes: boolean): ChartValues {
    const { origin, hostname } = new URL(url);
    return {
        externalURL: origin,
        existingSecretAdminPassword: secrets.admin,
        existingSecretAdminPasswordKey: "HARBOR_ADMIN_PASSWORD",
        existingSecretSecretKey: secrets.keys,
        caBundleSecretName: secrets.roots,
        persistence: { resourcePolicy: keepVolumes ? "keep" : "" },
        expose: {
            tls: { enabled: true, certSource: "secret", secret: { secretName: secrets.certificate } },
            ingress: { hosts: { core: hostname } },
        },
        core: {
            existingSecret: secrets.keys,
            secretName: secrets.token,
            existingXsrfSecret: secrets.keys,
            existingXsrfSecretKey: keysOfParts.csrf,
        },
        jobservice: { existingSecret: secrets.keys, existingSecretKey: keysOfParts.jobservice },
        registry: {
            existingSecret: secrets.keys,
            existingSecretKey: keysOfParts.http,
            credentials: { username: registryUser, existingSecret: secrets.keys },
        },
    };
}

/** Values that would contradict {@link ownValues} or make them void. */
const taken = [
    ...["externalURL", "harborAdminPassword", "existingSecretAdminPassword", "existingSecretAdminPasswordKey"],
    ...[
        "secretKey",
        "existingSecretSecretKey",
        "caBundleSecretName",
        "persistence.resourcePolicy",
        "expose.tls",
        "expose.ingress.hosts.core",
    ],
    ...["core.secret", "core.existingSecret", "core.secretName", "core.tokenKey", "core.tokenCert", "core.xsrfKey"],
    ...["core.existingXsrfSecret", "core.existingXsrfSecretKey", "jobservice.secret", "jobservice.existingSecret"],
    ...["jobservice.existingSecretKey", "registry.secret", "registry.existingSecret", "registry.existingSecretKey"],
    "registry.credentials",
];
/** A setting that is wrong, by its path. `secret`: its value is shown to nobody. */
export interface ValueMistake {
    path: string[];
    message: string;
    secret?: boolean;
}

/** What is wrong with values that a person gives, by path. */
export function chartValueMistakes(values: ChartValues): ValueMistake[] {
    const isTaken = (path: readonly string[]): boolean =>
        taken.some((key) => `${path.join(".")}.`.startsWith(`${key}.`));
    const own = leavesOf(values)
        .filter(({ path }) => isTaken(path))
        .map(({ path }) => ({ path, message: "the stack sets it itself: leave it out", secret: true }));
    const plain = plainSecrets(values, "name a Secret by the chart's own existingSecret");
    return [...own, ...plain.filter(({ path }) => !isTaken(path))];
}

/** Settings that are secret and stand in plain text, by path. `remedy` says what to do instead. */
export function plainSecrets(values: ChartValues, remedy: string): ValueMistake[] {
    const secret = /^(password|accesskey|secretkey|accountkey|encodedkey|accesskeysecret|github_?token)$/i;
    return leavesOf(values)
        .filter(({ path, value }) => secret.test(path.at(-1) ?? "") && typeof value === "string" && value !== "")
        .map(({ path }) => ({ path, message: `would stand in plain text: ${remedy}`, secret: true }));
}

function leavesOf(values: ChartValues, path: readonly string[] = []): { path: string[]; value: unknown }[] {
    return Object.entries(values).flatMap(([key, value]) => {
        const here = [...path, key];
        return isValues(value) && Object.keys(value).length > 0 ? leavesOf(value, here) : [{ path: here, value }];
    });
}

/** The second over the first, section by section. Lists are replaced as a whole, as Helm does. */
export function merged(first: ChartValues, second: ChartValues): ChartValues {
    const all = { ...first };
    for (const [key, value] of Object.entries(second)) {
        const before = all[key];
        all[key] = isValues(before) && isValues(value) ? merged(before, value) : value;
    }
    return all;
}

function isValues(value: unknown): value is ChartValues {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
