/** Where a rotation of the certificate authority stands. Generations are numbers, as in `registry.certificate.ca`. */
export interface RotationState {
    /** Generations that are trusted, by the settings. */
    readonly trusted: readonly number[];
    /** The one that signs, by the settings. */
    readonly signing: number;
    /** The one that signed the certificate that the registry serves; undefined where none of the trusted did, or nobody can say. */
    readonly servedBy: number | undefined;
    /** Every node, and whether it has the bundle of the last `up`. */
    readonly nodes: readonly { readonly node: string; readonly ready: boolean; readonly current: boolean }[];
}

/** What to do next, in a sentence for a person. */
export function nextStep({ trusted, signing, servedBy, nodes }: RotationState): string {
    const lagging = nodes.filter(({ current }) => !current);
    const names = lagging.map(({ node, ready }) => (ready ? node : `${node} (not Ready)`)).join(", ");
    const newest = Math.max(...trusted);
    const older = trusted.filter((one) => one !== signing);
    if (lagging.length > 0 && trusted.length > 1) {
        return `Wait: ${names} ${lagging.length === 1 ? "has" : "have"} not the bundle with ${told(trusted)} yet. Neither signing nor trusted can be changed until then.`;
    }
    if (lagging.length > 0) return `Mend ${names}: the bundle is not there.`;
    if (servedBy !== undefined && servedBy !== signing) {
        return `Run pulumi up: the registry still serves a certificate of generation ${servedBy.toString()}, and shall serve one of ${signing.toString()}.`;
    }
    if (newest > signing) {
        return `Every node trusts generation ${newest.toString()}: set registry.certificate.ca.signing to ${newest.toString()}, and run pulumi up.`;
    }
    if (older.length > 0) {
        return (
            `The registry serves a certificate of generation ${signing.toString()}: once the machines outside the cluster trust it too, ` +
            `set registry.certificate.ca.trusted to [${signing.toString()}], and run pulumi up.`
        );
    }
    const next = signing + 1;
    return `Nothing is under way. To rotate, set registry.certificate.ca.trusted to [${signing.toString()}, ${next.toString()}], and run pulumi up.`;
}

function told(generations: readonly number[]): string {
    return generations.length === 1
        ? `generation ${generations.join("")}`
        : `generations ${generations.slice(0, -1).join(", ")} and ${String(generations.at(-1))}`;
}
