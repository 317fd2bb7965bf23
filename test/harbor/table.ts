/** Anything with an id of its own. */
export interface Row {
    readonly id: number;
}

/**
 * A table of Harbor's database, as far as clients can tell: ids come from a sequence that failed inserts use up too, and without an order
 * rows come as they lie on the disk, where a changed row moves to the end.
 */
export class Table<R extends Row> {
    private readonly rows = new Map<number, R>();
    private sequence = 0;

    /** The next id. It is used up even if nothing is inserted afterwards. */
    nextId(): number {
        this.sequence += 1;
        return this.sequence;
    }

    /** Inserts a row, or writes one anew: it then lies at the end. */
    put(row: R): void {
        this.rows.delete(row.id);
        this.rows.set(row.id, row);
    }

    get(id: number): R | undefined {
        return this.rows.get(id);
    }

    delete(id: number): boolean {
        return this.rows.delete(id);
    }

    /** Every row, as they lie. */
    all(): R[] {
        return [...this.rows.values()];
    }

    find(test: (row: R) => boolean): R | undefined {
        return this.all().find(test);
    }
}
