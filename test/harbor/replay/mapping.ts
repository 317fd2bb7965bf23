/** Which id, secret or digest of the replay stands for which of the recordings. Each stands for one only. */
export class Mapping {
    private readonly ids = new Map<string, Map<number, number>>();
    private readonly texts = new Map<string, string>();

    /** Notes a pair, or says whether it is the one that is known. */
    id(kind: string, recorded: number, replayed: number): boolean {
        if (recorded === 0 || replayed === 0) return recorded === replayed;
        const pairs = this.ids.get(kind) ?? new Map<number, number>();
        this.ids.set(kind, pairs);
        const known = pairs.get(recorded);
        if (known !== undefined) return known === replayed;
        // An id that a recording deleted may come again for something else in another table only.
        if ([...pairs.values()].includes(replayed)) return false;
        pairs.set(recorded, replayed);
        return true;
    }

    /** The same for a text: a secret, a digest, a cookie. */
    text(recorded: string, replayed: string): boolean {
        const known = this.texts.get(recorded);
        if (known === undefined) this.texts.set(recorded, replayed);
        return known === undefined || known === replayed;
    }

    /** A path with the ids of the replay. */
    path(path: string): string {
        return path
            .replace(
                /\/(registries|policies|executions|tasks|robots|users|projects)\/(\d+)/g,
                (_, kind: string, id: string) => `/${kind}/${this.of(kind, id)}`,
            )
            .replace(/policy_id=(\d+)/, (_, id: string) => `policy_id=${this.of("policies", id)}`)
            .replace(/registry_id=(\d+)/, (_, id: string) => `registry_id=${this.of("registries", id)}`);
    }

    /** A message with the ids of the replay. */
    message(text: string): string {
        return text.replace(
            /\b(registry|policy|execution|task|project|the registry|the policy) (\d+)\b/g,
            (all, noun: string, id: string) => {
                const kind = noun.replace("the ", "").replace(/y$/, "ie").concat("s");
                return all.replace(id, this.of(kind, id));
            },
        );
    }

    /** A body with the ids of the replay. */
    body(value: unknown, key = ""): unknown {
        if (Array.isArray(value)) return value.map((entry) => this.body(entry));
        if (typeof value === "object" && value !== null)
            return Object.fromEntries(
                Object.entries(value).map(([name, inner]) => [name, this.inner(key, name, inner)]),
            );
        return value;
    }

    /** Any known text, replaced where it occurs. */
    known(text: string): string {
        let result = text;
        // Short ones would be found in what has nothing to do with them.
        for (const [recorded, replayed] of this.texts)
            if (recorded.length >= 16) result = result.replaceAll(recorded, replayed);
        return result;
    }

    private inner(parent: string, name: string, value: unknown): unknown {
        if (typeof value !== "number") return this.body(value, name);
        if (name === "policy_id") return Number(this.of("policies", String(value)));
        const registry = name === "registry_id" || (name === "id" && /_registry$/.test(parent));
        // The id in the body of a ping is that of an endpoint, and no other body has an id that counts.
        return registry || name === "id" ? Number(this.of("registries", String(value))) : value;
    }

    private of(kind: string, id: string): string {
        return String(this.ids.get(kind)?.get(Number(id)) ?? id);
    }
}
