/** One login in a docker client configuration. */
export interface Login {
    /** Registry as image references name it: `host` or `host:port`. */
    host: string;
    /** User name. */
    user: string;
    /** Password. */
    password: string;
}

/** A docker client configuration (`.dockerconfigjson`, also what skopeo reads as an auth file). */
export function dockerConfig(logins: readonly Login[]): string {
    const auths = logins.map(({ host, user, password }) => [
        host,
        { username: user, password, auth: Buffer.from(`${user}:${password}`).toString("base64") },
    ]);
    return JSON.stringify({ auths: Object.fromEntries(auths) as unknown });
}
