import type { Session } from "../resource.ts";
import type { Judgement } from "./judgement.ts";

const lookMs = 1_000;
/** How long what does not get better by itself may last. */
const graceMs = 8_000;
/** The operator reads the bundle again after a minute, so what it said before may be about the one before. */
const staleMs = 75_000;

/** Looks until it is ready. Throws where it fails for good, or takes too long; `what` is for people, `anew` is what was made just now. */
export async function settle(
    what: string,
    timeoutSeconds: number,
    session: Session,
    look: () => Promise<Judgement>,
    anew = false,
): Promise<void> {
    const api = await session.api();
    const begun = Date.now();
    let failingSince: number | undefined;
    let first: string | undefined;
    let said = "";
    for (;;) {
        const found = await look();
        if (found.state === "ready") return;
        const now = Date.now();
        first ??= found.why;
        if (found.why !== said || found.state === "waiting") failingSince = undefined;
        if (found.state === "failing") failingSince ??= now;
        const grace = found.why === first && !anew ? staleMs : graceMs;
        if (failingSince !== undefined && now - failingSince >= grace)
            throw new Error(`${what} cannot become ready: ${found.why}`);
        if (now - begun > timeoutSeconds * 1000)
            throw new Error(`${what} is not ready after ${timeoutSeconds.toString()} s: ${found.why}`);
        if (found.why !== said) session.say(`${what} is not ready yet: ${found.why}`);
        said = found.why;
        await api.pause(lookMs);
    }
}
