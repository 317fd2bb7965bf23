/** What becomes of a Ready node that does not take its trust back. `wait`: it ends the removal. `leave`: it keeps what it has. */
export const removalFailures = ["wait", "leave"] as const;
/** One of {@link removalFailures}. */
export type RemovalFailure = (typeof removalFailures)[number];

/** As the receipts take it. The default says nothing, as before there was a choice. */
export function removalOf({ onRemovalFailure }: { onRemovalFailure?: RemovalFailure | undefined }): {
    onRemovalFailure?: RemovalFailure;
} {
    return onRemovalFailure === "leave" ? { onRemovalFailure } : {};
}
