import { realClock, type Clock } from "./clock.ts";
import { Content } from "./content.ts";
import type { Execution, Task } from "./execution.ts";
import type { Options } from "./options.ts";
import type { Endpoint, Outside } from "./outside.ts";
import type { Policy } from "./policy.ts";
import type { Project } from "./project.ts";
import { missing } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import type { Access, Robot } from "./robot.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import { emptyRegistry, SimulatedOutside } from "./simulatedOutside.ts";
import { Table } from "./table.ts";
import type { User } from "./user.ts";

/** A part of Harbor that its health names. */
export interface Component {
    readonly name: string;
    readonly status: "healthy" | "unhealthy";
    readonly error?: string;
}

/** All that the stand-in remembers. */
export class State {
    readonly clock: Clock;
    readonly outside: Outside;
    readonly options: Options;
    readonly started: number;
    readonly settings: Settings = { ...defaultSettings };
    readonly registries = new Table<Registry>();
    readonly policies = new Table<Policy>();
    readonly executions = new Table<Execution>();
    readonly tasks = new Table<Task>();
    readonly projects = new Table<Project>();
    readonly robots = new Table<Robot>();
    readonly users = new Table<User>();
    readonly content = new Content();
    /** In the order in which health names them. */
    components: Component[] = "core database jobservice portal redis registry registryctl"
        .split(" ")
        .map((name) => ({ name, status: "healthy" }));
    /** URL under which the Harbor says it is to be found. */
    externalUrl = "";

    private readonly granted: string[] = [];

    constructor(options: Options) {
        this.options = options;
        this.clock = options.clock ?? realClock;
        this.outside = options.outside ?? new SimulatedOutside();
        this.started = this.clock.now();
        const { started } = this;
        this.users.put({
            id: this.users.nextId(),
            name: "admin",
            password: options.password ?? "Harbor12345",
            admin: true,
            realname: "system admin",
            email: "",
            comment: "admin user",
            created: started,
        });
        const id = this.projects.nextId();
        this.projects.put({
            id,
            name: "library",
            owner: 1,
            metadata: { public: "true" },
            created: started,
        });
    }

    /** The Harbor as one of its own endpoints. */
    get local(): Registry {
        const endpoint: Endpoint = {
            id: 0,
            type: "harbor",
            url: this.externalUrl,
            insecure: true,
            caCertificate: "",
            credential: { type: "secret", key: "", secret: "-" },
            ...this.options.local,
        };
        return { ...endpoint, name: "Local", description: "", created: undefined, updated: undefined };
    }

    /** An endpoint by its id; 0 is the Harbor itself. */
    registry(id: number): Registry {
        const registry = id === 0 ? this.local : this.registries.get(id);
        if (registry === undefined) throw missing("registry", id);
        return registry;
    }

    /** The version as numbers: [2, 15]. */
    get version(): readonly [number, number] {
        const [major, minor] = (this.options.version ?? "2.15.2").split(".");
        return [Number(major), Number(minor)];
    }

    /** Sorts permissions by when anybody was first given them, which is the order in which Harbor gives them back. */
    inOrderOfFirstUse(accesses: readonly Access[]): Access[] {
        const order = (one: Access): number => this.granted.indexOf(`${one.resource}:${one.action}`);
        for (const one of accesses) if (order(one) < 0) this.granted.push(`${one.resource}:${one.action}`);
        return [...accesses].sort((a, b) => order(a) - order(b));
    }

    /** Makes the simulated registry that keeps the Harbor's own images, where no real one was named. */
    keepImages(): void {
        if (!(this.outside instanceof SimulatedOutside) || this.outside.registries.has(this.local.url)) return;
        this.outside.registries.set(this.local.url, emptyRegistry());
    }
}
