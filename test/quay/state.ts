/** Something that Quay refuses, as it says it. */
export class Refusal extends Error {
    readonly status: number;

    constructor(status: number, message: string) {
        super(message);
        this.status = status;
    }
}

/** A repository. */
export interface Repository {
    isPublic: boolean;
    description: string;
    tags: Record<string, object>;
    /** Roles by robot's or user's name, and by team. */
    readonly users: Map<string, string>;
    readonly teams: Map<string, string>;
}

/** An organisation. */
export interface Organization {
    email: string;
    readonly teams: Map<string, { role: string }>;
    readonly robots: Map<string, { token: string; description: string }>;
    prototypes: { id: string; role: string; delegate: { name: string; kind: string; is_robot: boolean } }[];
}

/** What a Quay's database holds. */
export class State {
    readonly users = new Map<string, { password: string; email: string }>();
    readonly organizations = new Map<string, Organization>();
    readonly repositories = new Map<string, Repository>();
    /** What `config.yaml` says just now. */
    config: { initialize: boolean } = { initialize: false };
    private count = 0;

    initialize({ username, password, email }: { username: string; password: string; email: string }): object {
        if (!this.config.initialize) throw new Refusal(400, "Cannot initialize user, FEATURE_USER_INITIALIZE is False");
        if (this.users.size > 0 || this.organizations.size > 0)
            throw new Refusal(400, "Cannot initialize user in a non-empty database");
        if (password.length < 8 || /\s/.test(password))
            throw new Refusal(
                400,
                "Failed to initialize user: Invalid password, password must be at least 8 characters and contain no whitespace.",
            );
        this.users.set(username, { password, email });
        return { username, email, encrypted_password: "none" };
    }

    organization(name: string): Organization {
        const found = this.organizations.get(name);
        if (found === undefined) throw new Refusal(404, "Not Found");
        return found;
    }

    repository(name: string): Repository {
        const found = this.repositories.get(name);
        if (found === undefined) throw new Refusal(404, "Not Found");
        return found;
    }

    /** Another token or number each time. */
    next(): string {
        this.count += 1;
        return this.count.toString().padStart(4, "0");
    }
}
