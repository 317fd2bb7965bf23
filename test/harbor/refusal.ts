const codes: Readonly<Record<number, string>> = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    412: "PRECONDITION",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUEST",
};

/** An answer that is not a success, as Harbor words it. */
export class Refusal extends Error {
    readonly status: number;
    readonly code: string;

    constructor(status: number, message: string, code = codes[status] ?? "UNKNOWN") {
        // Harbor says nothing about its own faults: the cause of a 5xx is in its log alone.
        super(status >= 500 ? "internal server error" : message);
        this.status = status;
        this.code = status >= 500 ? "UNKNOWN" : code;
    }
}

/** Something that does not exist: `registry 7 not found`. */
export function missing(noun: string, key: number | string): Refusal {
    return new Refusal(404, `${noun} ${String(key)} not found`);
}

/** What go-swagger says of a request that it cannot read. */
export function unreadable(why: string): Refusal {
    return new Refusal(422, `validation failure list:\n${why}`);
}

/** A fault whose cause only Harbor's log tells. `cause` is for the reader of the code. */
export function internal(cause: string): Refusal {
    return new Refusal(500, cause);
}
