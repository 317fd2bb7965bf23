import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import bcrypt from "bcryptjs";

import { loginNames, type Role } from "./logins.ts";

/** A user of the registry. */
export interface RegistryUserArgs {
    /** Name. Plain, because names decide which resources exist. */
    name: string;
    /** What the user may do. `push` (the default) includes pulling and deleting. */
    role?: Role | undefined;
    /**
     * Numbers of the user's credentials, oldest first; `[1]` by default. Each is a login of its own: the first by the
     * user's name, number n by `<name>.<n>`. All of them are valid; pull secrets carry
     * the oldest, so that a new one is known to the registry before anything uses it.
     */
    generations?: number[] | undefined;
    /** Passwords given by hand, by login, at most 72 bytes each. Kept secret. A login without one gets 32 characters. */
    passwords?: Record<string, pulumi.Input<string>> | undefined;
}

/** One name and password that the registry lets in. */
export interface Login {
    /** Login name. */
    name: string;
    /** The user it belongs to. */
    user: string;
    /** What it may do. */
    role: Role;
    /** Password. Secret. */
    password: pulumi.Output<string>;
}

/** Every login, and the files that the registry checks them against. */
export interface Users {
    /** The logins, in the order of the users, oldest first. */
    logins: Login[];
    /** An htpasswd file with one bcrypt line for each login. Secret. */
    htpasswd: pulumi.Output<string>;
    /** The part of it that may push. Secret. */
    pushHtpasswd: pulumi.Output<string>;
}

/** Generated passwords have 190 bits: no one guesses them, so each request may be spared the time of a high cost. */
const generatedCost = 5;
/** Given passwords may be weak, so a stolen file must be slow to search. */
const givenCost = 10;

/** bcrypt's salt of 16 bytes in its base64, of which letters and digits are a part. */
const saltLength = 22;

/** The same users with their passwords marked as secrets: a component's arguments are stored. */
export function withSecretPasswords(users: readonly RegistryUserArgs[]): RegistryUserArgs[] {
    return users.map((user) => ({
        ...user,
        passwords: Object.fromEntries(
            Object.entries(user.passwords ?? {}).map(([login, password]) => [login, pulumi.secret(password)]),
        ),
    }));
}

/**
 * The login for pull secrets: the oldest of the chosen user, else of the first who can do no more than pull, else of the first.
 * The oldest, because it is one that the registry has known since the update before.
 */
export function pullLoginOf(logins: readonly Login[], chosen: string | undefined): Login | undefined {
    const user = chosen ?? (logins.find(({ role }) => role === "pull") ?? logins[0])?.user;
    return logins.find((login) => login.user === user);
}

/**
 * Makes the users. A password is generated where none is given.
 * Salts are resources: the same password gives the same line at every run, and nothing changes without a change.
 */
export function createUsers(name: string, users: readonly RegistryUserArgs[], parent: pulumi.Resource): Users {
    const made = users.flatMap((user) => {
        return loginNames(user).map((login) => {
            const given = user.passwords?.[login];
            const password =
                given ??
                new random.RandomPassword(`${name}-user-${login}`, { length: 32, special: false }, { parent }).result;
            // Not RandomBytes, whose id is its value, and ids stand in plain text in the state.
            const salt = new random.RandomPassword(
                `${name}-salt-${login}`,
                { length: saltLength, special: false },
                { parent },
            );
            const cost = given === undefined ? generatedCost : givenCost;
            const line = pulumi
                .all([password, salt.result])
                .apply(([text, salted]) => `${login}:${hashPassword(text, salted, cost)}\n`);
            const role: Role = user.role ?? "push";
            return { login: { name: login, user: user.name, role, password: pulumi.secret(password) }, line };
        });
    });
    const file = (lines: pulumi.Output<string>[]): pulumi.Output<string> =>
        pulumi.secret(pulumi.all(lines).apply((all) => all.join("")));
    return {
        logins: made.map(({ login }) => login),
        htpasswd: file(made.map(({ line }) => line)),
        pushHtpasswd: file(made.filter(({ login }) => login.role === "push").map(({ line }) => line)),
    };
}

/** A bcrypt hash as distribution and nginx read it. `salt` is 22 letters or digits; the same three values give the same hash. */
export function hashPassword(password: string, salt: string, cost: number): string {
    return bcrypt.hashSync(password, `$2b$${cost.toString().padStart(2, "0")}$${salt}`);
}
