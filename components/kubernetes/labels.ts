export { poolLabel } from "../../plugin/receipts/poolLabel.ts";

/** Label that tells which role an object has. */
export const componentLabel = "app.kubernetes.io/component";
/** The role of the agents that make nodes trust, by which they are found again. */
export const trustComponent = "node-trust";

/** Labels of one role of one registry. */
export interface Labels {
    /** Which pods belong together. Immutable in Kubernetes, so nothing that can change is in it. */
    selector: Record<string, string>;
    /** The selector and what people sort by. */
    all: Record<string, string>;
}

/** Labels as texts, to tell whether they have changed. */
export function labelTexts(all: Readonly<Record<string, string>> = {}): string[] {
    return Object.entries(all)
        .map(([key, value]) => `${key}=${value}`)
        .sort();
}

/**
 * The labels of `component` in the instance called `instance`.
 * `extra` are labels of the site's own; they never replace one of these and are in no selector.
 */
export function labels(instance: string, component: string, extra: Readonly<Record<string, string>> = {}): Labels {
    const selector = { "app.kubernetes.io/instance": instance, [componentLabel]: component };
    return {
        selector,
        all: {
            ...extra,
            ...selector,
            "app.kubernetes.io/name": "siteregistry",
            "app.kubernetes.io/managed-by": "pulumi",
        },
    };
}
