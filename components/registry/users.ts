import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import bcrypt from "bcryptjs";

/** A user and the password that goes with it. */
export interface User {
    /** Login name. */
    name: string;
    /** Password. Secret. */
    password: pulumi.Output<string>;
}

/** Every user, and the file that the registry checks them against. */
export interface Users {
    /** The users in the order in which they were named. */
    list: User[];
    /** An htpasswd file with one bcrypt line for each user. Secret. */
    htpasswd: pulumi.Output<string>;
}

/** Generated passwords have 190 bits: no one guesses them, so each request may be spared the time of a high cost. */
const generatedCost = 5;
/** Given passwords may be weak, so a stolen file must be slow to search. */
const givenCost = 10;

/** bcrypt's salt of 16 bytes in its base64, of which letters and digits are a part. */
const saltLength = 22;

/**
 * Makes the users. A password is generated where none is given.
 * Salts are resources: the same password gives the same line at every run, and nothing changes without a change.
 */
export function createUsers(
    name: string,
    users: readonly { name: string; givenPassword?: pulumi.Output<string> | undefined }[],
    parent: pulumi.Resource,
): Users {
    const list: User[] = [];
    const lines: pulumi.Output<string>[] = [];
    for (const user of users) {
        const password =
            user.givenPassword ??
            new random.RandomPassword(`${name}-user-${user.name}`, { length: 32, special: false }, { parent }).result;
        // Not RandomBytes, whose id is its value, and ids stand in plain text in the state.
        const salt = new random.RandomPassword(
            `${name}-salt-${user.name}`,
            { length: saltLength, special: false },
            { parent },
        );
        const cost = user.givenPassword === undefined ? generatedCost : givenCost;
        list.push({ name: user.name, password: pulumi.secret(password) });
        lines.push(
            pulumi
                .all([password, salt.result])
                .apply(([text, salted]) => `${user.name}:${hashPassword(text, salted, cost)}`),
        );
    }
    return { list, htpasswd: pulumi.secret(pulumi.all(lines).apply((all) => `${all.join("\n")}\n`)) };
}

/** A bcrypt hash as distribution reads it. `salt` is 22 letters or digits; the same three values give the same hash. */
export function hashPassword(password: string, salt: string, cost: number): string {
    return bcrypt.hashSync(password, `$2b$${cost.toString().padStart(2, "0")}$${salt}`);
}
