/** An answer of Harbor that is no success, in words. What was sent is never in them: it may be a credential. */
export class HarborError extends Error {
    /** HTTP status. */
    readonly status: number;
    /** What Harbor says, without our own words. */
    readonly reason: string;

    constructor(status: number, what: string, reason: string, requestId: string | undefined) {
        // The cause of a 5xx stands only in Harbor's own log, where the id finds it.
        const where = requestId === undefined ? "" : ` (request ${requestId})`;
        super(`Harbor answers ${what} with ${status.toString()}: ${reason}${where}`);
        this.status = status;
        this.reason = reason;
    }
}

/** Nobody knows whether Harbor did it: the answer is missing, or is a proxy's. */
export class Unanswered extends Error {
    constructor(what: string, cause: unknown) {
        super(`no whole answer came to ${what}: ${(cause as Error).message}`, { cause });
    }
}

/** Whether an error is this status of Harbor. */
export function isHarbor(error: unknown, ...statuses: number[]): error is HarborError {
    return error instanceof HarborError && statuses.includes(error.status);
}

/** The messages of an error's body; else the beginning of the text, since a proxy's page is long. */
export function reasonOf(text: string): string {
    try {
        const { errors } = JSON.parse(text) as { errors?: { message?: string }[] };
        const told = errors?.map(({ message = "" }) => message.trim()).filter(Boolean);
        if (told !== undefined && told.length > 0) return told.join("; ");
    } catch {
        // no JSON: a proxy answers in HTML
    }
    return text.trim().slice(0, 200) || "no reason is given";
}
