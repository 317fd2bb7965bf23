/** What a user may do: `push` everything, `pull` only read. */
export const roles = ["push", "pull"] as const;
/** One of {@link roles}. */
export type Role = (typeof roles)[number];

/** The login names of a user, oldest first: the first generation logs in by the user's name, number n by `<name>.<n>`. */
export function loginNames(user: { name: string; generations?: readonly number[] | undefined }): string[] {
    return (user.generations ?? [1]).map((number) => (number === 1 ? user.name : `${user.name}.${number.toString()}`));
}
