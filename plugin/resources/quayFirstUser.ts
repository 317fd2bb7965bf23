import { parse, stringify } from "yaml";

import { entryOf, paths } from "../quay/objects.ts";
import { isQuay, Quay } from "../quay/quay.ts";
import { awaitQuay, type Where } from "../quay/readiness.ts";
import { missing } from "../quay/session.ts";
import type { Properties } from "../properties.ts";
import type { Resource, Session } from "../resource.ts";

interface User extends Where {
    readonly url: string;
    readonly caBundle?: string;
    readonly username: string;
    readonly password: string;
    readonly email: string;
}

const flag = "FEATURE_USER_INITIALIZE";

/** The first user of a Quay. */
export const quayFirstUser: Resource = {
    type: "siteregistry:index:QuayFirstUser",
    secrets: ["password"],
    identity: ["namespace", "registry"],
    outputs: ["created"],
    quiet: ["email", "timeoutSeconds"],

    check: (given) => {
        const inputs = { timeoutSeconds: 1800, ...given };
        const failures = missing(inputs, ["namespace", "registry", "bundle", "email"]);
        const { password } = inputs as Properties;
        if (typeof password === "string" && !/^\S{8,}$/.test(password))
            failures.push({ property: "password", reason: "must have 8 characters or more, and no spaces" });
        return Promise.resolve({ inputs, failures });
    },

    async create(inputs, session) {
        const user = inputs as unknown as User;
        const before = await configOf(user, session);
        const { SUPER_USERS: superUsers } = (parse(before) ?? {}) as { SUPER_USERS?: string[] };
        if (superUsers?.includes(user.username) !== true)
            throw new Error(
                `${user.username} is not in SUPER_USERS of the configuration: the first user would have no rights`,
            );
        const refusal = await refusalOf(user, session);
        if (refusal !== undefined) await makeUser(user, session, refusal);
        return {
            id: `${user.namespace}/${user.registry}/${user.username}`,
            state: { ...inputs, created: refusal !== undefined },
        };
    },

    /** A Quay's user changes the password itself, so another one in the settings must be the one that is there. */
    async update(before, inputs, session) {
        if (before.username !== inputs.username)
            throw new Error(
                `the first user is ${String(before.username)}, and there is only one: make others in Quay itself`,
            );
        const refusal = await refusalOf(inputs as unknown as User, session);
        if (refusal !== undefined) throw refusal;
        return { ...inputs, created: before.created };
    },

    async read(id, state, session) {
        if (Object.keys(state).length === 0)
            throw new Error(`${id} cannot be imported: one that is there is taken over by up`);
        const { namespace, registry } = state as unknown as User;
        const found = await (await session.api()).get(paths.registry(namespace, registry));
        return found === undefined ? undefined : state;
    },

    /** A user is not removed: it owns what it made, and goes with the database. */
    delete: () => Promise.resolve(),
};

/** Why the user cannot log in; undefined when it can. */
async function refusalOf({ url, caBundle, username, password }: User, session: Session): Promise<Error | undefined> {
    const quay = new Quay(
        { url, caBundle: caBundle === "" ? undefined : caBundle, username, password },
        session.signal,
    );
    try {
        await quay.signIn();
        return undefined;
    } catch (error) {
        const { cause } = error as Error;
        if (isQuay(cause, 403) || isQuay(cause, 401)) return error as Error;
        throw error;
    }
}

/** While the flag is on, whoever reaches the host can become the first user. So it is on only here, and off again whatever happens. */
async function makeUser(user: User, session: Session, refusal: Error): Promise<void> {
    const { url, caBundle, username, password, email } = user;
    const quay = new Quay({ url, caBundle: caBundle === "" ? undefined : caBundle }, session.signal);
    session.say(`the configuration allows a first user for a while`);
    await setFlag(user, session, true);
    try {
        await awaitQuay(user, session);
        await quay.initialize({ username, password, email });
    } catch (error) {
        if (!isQuay(error, 400) || !error.reason.includes("non-empty database")) throw error;
        throw new Error(
            `Quay at ${url} has users already, and ${username} with the password given is none of them. ${refusal.message}`,
            { cause: error },
        );
    } finally {
        await setFlag(user, session, false);
    }
    await awaitQuay(user, session);
}

async function configOf({ namespace, bundle }: User, session: Session): Promise<string> {
    const config = entryOf(await (await session.api()).get(paths.secret(namespace, bundle)), "config.yaml");
    if (config === undefined) throw new Error(`the Secret ${namespace}/${bundle} has no config.yaml`);
    return config;
}

async function setFlag(user: User, session: Session, on: boolean): Promise<void> {
    const config = (parse(await configOf(user, session)) ?? {}) as Properties;
    // As the component writes it, so that nothing differs afterwards.
    const text = stringify({ ...config, [flag]: on }, { sortMapEntries: true });
    const data = { "config.yaml": Buffer.from(text).toString("base64") };
    await (
        await session.api()
    ).send(
        "PATCH",
        `${paths.secret(user.namespace, user.bundle)}?fieldManager=siteregistry-first-user`,
        { data },
        {
            "content-type": "application/merge-patch+json",
        },
    );
}
