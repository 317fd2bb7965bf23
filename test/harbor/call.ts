import type { Body, Fields } from "./bind.ts";
import { pathId } from "./listing.ts";
import type { Answer, Request } from "./message.ts";
import type { Identity } from "./permissions.ts";
import type { Runs } from "./runs.ts";
import type { State } from "./state.ts";

/** A request that has found its operation. */
export interface Call {
    readonly state: State;
    readonly runs: Runs;
    readonly request: Request;
    readonly identity: Identity;
    /** The parameters of the path, decoded. */
    readonly params: Readonly<Record<string, string>>;
    /** The body's fields; empty where the operation takes none. */
    readonly fields: Fields;
}

/** One operation of the API. */
export interface Operation {
    readonly method: string;
    /** `/registries/{id}`, below the API's base. */
    readonly path: string;
    /** Parameters of the path that must be whole numbers. */
    readonly numbers?: readonly string[];
    readonly body?: Body;
    /** What somebody must be allowed to do in the system. Absent where the handler decides. */
    readonly permission?: string;
    /** Whether anybody may ask, without a login. */
    readonly open?: boolean;
    /** Whether `page` and `page_size` are read, and refused before anything else. */
    readonly paged?: boolean;
    readonly handle: (call: Call) => Answer | Promise<Answer>;
}

/** A number of the path. */
export function idOf(call: Call, name = "id"): number {
    return pathId(call.params[name] ?? "", name);
}
