import type { KubeConfig } from "@kubernetes/client-node";

import type { ApiServer } from "./copier/apiServer.ts";
import type { Harbor } from "./harbor/harbor.ts";
import type { Properties } from "./properties.ts";

/** What a resource is given to work with. */
export interface Session {
    /** The cluster's API server. Throws where the kubeconfig leads nowhere. */
    readonly api: () => Promise<ApiServer>;
    /** The same cluster, for what speaks to it by another way than objects. */
    readonly kubeconfig: () => Promise<KubeConfig>;
    /** Ends every request and every wait when the person has had enough. */
    readonly signal: AbortSignal;
    /** The Harbor that the provider was told of; undefined where it was told of none, or is not yet. */
    readonly harbor: () => Harbor | undefined;
    /** Tells the person at the engine of something that is no error. */
    readonly warn: (message: string) => void;
    /** Tells how the work goes on. It is shown for a moment, beside the resource. */
    readonly say: (message: string) => void;
}

/** A mistake in one input. */
export interface Failure {
    readonly property: string;
    readonly reason: string;
}

/** Inputs as they are to be kept, or what is wrong with them. */
export interface Checked {
    readonly inputs: Properties;
    readonly failures?: readonly Failure[];
}

/** A resource that exists. Its state is its inputs and its {@link Resource.outputs}; nothing else of it is made up on the way. */
export interface Existing {
    readonly id: string;
    readonly state: Properties;
}

/** One kind of resource of this plugin. Values may hold what is unknown only in `check`. */
export interface Resource {
    /** Type token. */
    readonly type: string;
    /** Inputs that are secret whether the program says so or not. */
    readonly secrets: readonly string[];
    /** Inputs whose change makes another resource. */
    readonly identity: readonly string[];
    /** What only the work itself yields. It is kept in the state, and another value of it is no change. */
    readonly outputs?: readonly string[];
    /** Inputs that only say how to begin. Another value of one is no change. */
    readonly quiet?: readonly string[];
    /** Whether there can be only one of its name, so that the old one must go before a new one comes. */
    readonly unique?: boolean;
    /** Of the outputs, those that time has made stale, so that the next `up` makes them anew. None where it is absent. */
    overdue?(state: Properties, now: Date): readonly string[];
    /** Completes the inputs and finds mistakes. `before` are the inputs of the last run. */
    check(inputs: Properties, before: Properties | undefined, session: Session): Promise<Checked>;
    create(inputs: Properties, session: Session): Promise<Existing>;
    /** What is there now; undefined when it is gone. `state` is empty at an import: then the id tells everything. */
    read(id: string, state: Properties, session: Session): Promise<Properties | undefined>;
    update(before: Properties, inputs: Properties, session: Session, id: string): Promise<Properties>;
    delete(state: Properties, session: Session, id: string): Promise<void>;
}

/** Something was made but not all of it. The engine keeps what is there, and the next `up` goes on. */
export class PartlyDone extends Error {
    readonly id: string;
    readonly state: Properties;

    constructor(message: string, { id, state }: Existing) {
        super(message);
        this.id = id;
        this.state = state;
    }
}

/** The failures of inputs that must be a text that is not empty. What is not known yet passes. */
export function textsMissing(inputs: Properties, keys: readonly string[]): Failure[] {
    return keys
        .filter((key) => typeof inputs[key] !== "string" || inputs[key] === "")
        .map((property) => ({ property, reason: "is missing; it must be a text" }));
}
