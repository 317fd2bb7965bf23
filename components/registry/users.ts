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
        const salt = new random.RandomBytes(`${name}-user-${user.name}-salt`, { length: 16 }, { parent });
        const cost = user.givenPassword === undefined ? generatedCost : givenCost;
        list.push({ name: user.name, password: pulumi.secret(password) });
        lines.push(
            pulumi.all([password, salt.hex]).apply(([text, hex]) => `${user.name}:${hashPassword(text, hex, cost)}`),
        );
    }
    return { list, htpasswd: pulumi.secret(pulumi.all(lines).apply((all) => `${all.join("\n")}\n`)) };
}

/** A bcrypt hash as distribution reads it. `saltHex` is 16 bytes; the same three values give the same hash. */
export function hashPassword(password: string, saltHex: string, cost: number): string {
    const salt = bcrypt.encodeBase64([...Buffer.from(saltHex, "hex")], 16);
    return bcrypt.hashSync(password, `$2b$${cost.toString().padStart(2, "0")}$${salt}`);
}
