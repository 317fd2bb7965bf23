import { isStatus } from "../copier/apiServer.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { textsMissing, type Resource, type Session } from "../resource.ts";

/** A token of a ServiceAccount that ends by itself, and with the Secret that it is bound to. */
interface Token {
    namespace: string;
    serviceAccount: string;
    boundSecret: string;
    lifetimeHours: number;
    generation: number;
}

const hourMs = 3_600_000;

export const okdToken: Resource = {
    type: "siteregistry:index:OkdToken",
    secrets: ["token"],
    identity: ["namespace", "serviceAccount", "boundSecret"],
    outputs: ["token", "issuedAt", "expiresAt"],

    check: (given) => {
        const inputs = { lifetimeHours: 720, generation: 1, ...given };
        const failures = textsMissing(inputs, ["namespace", "serviceAccount", "boundSecret"]);
        const { lifetimeHours: hours } = inputs;
        if (!isUnknown(hours) && !(typeof hours === "number" && hours >= 1)) {
            failures.push({ property: "lifetimeHours", reason: "must be a number of hours from 1" });
        }
        return Promise.resolve({ inputs, failures });
    },

    /** A third of its life before it ends, it is time for another one: both are good until then. */
    overdue({ issuedAt, expiresAt }, now) {
        const [begin, end] = [Date.parse(String(issuedAt)), Date.parse(String(expiresAt))];
        return Number.isNaN(end) || now.getTime() > end - (end - begin) / 3 ? ["expiresAt"] : [];
    },

    async create(inputs, session) {
        const { namespace, serviceAccount, boundSecret } = inputs as unknown as Token;
        return { id: `${namespace}/${serviceAccount}/${boundSecret}`, state: await issue(inputs, session) };
    },

    update: (_, inputs, session) => issue(inputs, session),

    /** Without its account or its Secret the token is worth nothing. */
    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const { namespace, serviceAccount, boundSecret } = state as unknown as Token;
        const api = await session.api();
        const needed = [
            accountPath(namespace, serviceAccount),
            `/api/v1/namespaces/${namespace}/secrets/${boundSecret}`,
        ];
        const found = await Promise.all(needed.map((path) => api.get(path)));
        return found.includes(undefined) ? undefined : state;
    },

    /** It ends with the Secret that it is bound to, which is deleted with the stack. */
    delete: () => Promise.resolve(),
};

async function issue(inputs: Properties, session: Session): Promise<Properties> {
    const { namespace, serviceAccount, boundSecret, lifetimeHours } = inputs as unknown as Token;
    const api = await session.api();
    const issuedAt = new Date();
    const request = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
            expirationSeconds: Math.round(lifetimeHours * 3600),
            boundObjectRef: { apiVersion: "v1", kind: "Secret", name: boundSecret },
        },
    };
    let answer: { status: { token: string; expirationTimestamp: string } };
    try {
        answer = (await api.send("POST", `${accountPath(namespace, serviceAccount)}/token`, request)) as typeof answer;
    } catch (error) {
        if (!isStatus(error, 404)) throw error;
        throw new Error(
            `the namespace ${namespace} lacks the ServiceAccount ${serviceAccount} or the Secret ${boundSecret}`,
            {
                cause: error,
            },
        );
    }
    const { token, expirationTimestamp: expiresAt } = answer.status;
    const hours = (Date.parse(expiresAt) - issuedAt.getTime()) / hourMs;
    if (hours < lifetimeHours * 0.9) {
        session.warn(
            `the API server gives ${namespace}/${serviceAccount} a token for ${hours.toFixed(1)} h, not for ${lifetimeHours.toString()} h`,
        );
    }
    return { ...inputs, token, issuedAt: issuedAt.toISOString(), expiresAt };
}

function accountPath(namespace: string, name: string): string {
    return `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
}
