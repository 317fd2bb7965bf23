/** Something that carries pieces which others carry too. */
export interface Carrier {
    /** Names of the pieces. */
    readonly pieces: ReadonlySet<string>;
}

/**
 * Does the work for each, several at once, but never for two that carry a piece in common which nobody has brought yet: each would
 * bring it. Whatever becomes of one, the others go on; where the work of one throws, so does this, once all that were begun are done.
 */
export async function inTurns<Item extends Carrier>(
    items: readonly Item[],
    atOnce: number,
    work: (item: Item) => Promise<void>,
): Promise<void> {
    const waiting = [...items];
    const [brought, onTheWay] = [new Set<string>(), new Set<string>()];
    const running = new Set<Promise<void>>();
    const failed: unknown[] = [];
    const start = (item: Item): void => {
        const own = [...item.pieces].filter((piece) => !brought.has(piece));
        for (const piece of own) onTheWay.add(piece);
        const run = work(item)
            .then(() => {
                for (const piece of own) brought.add(piece);
            })
            .catch((error: unknown) => failed.push(error))
            .then(() => {
                for (const piece of own) onTheWay.delete(piece);
                running.delete(run);
            });
        running.add(run);
    };
    while (failed.length === 0 && waiting.length + running.size > 0) {
        const next = waiting.findIndex(({ pieces }) => ![...pieces].some((piece) => onTheWay.has(piece)));
        const [item] = next >= 0 && running.size < atOnce ? waiting.splice(next, 1) : [];
        if (item === undefined) await Promise.race(running);
        else start(item);
    }
    await Promise.all(running);
    if (failed.length > 0) throw failed[0];
}
