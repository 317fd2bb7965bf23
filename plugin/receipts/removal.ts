import type { ApiServer, KubeObject } from "../copier/apiServer.ts";
import { changeDaemonSet } from "./daemonSetChange.ts";
import { daemonSetPath, type Container, type DaemonSetObject } from "./daemonSets.ts";

/** Annotation of a DaemonSet whose pods take back what they wrote: since when, and what its template was before. */
export const removalAnnotation = "siteregistry.dev/removal";

/** What a removal changes of a DaemonSet. */
interface Original {
    /** When the removal began, RFC 3339. */
    since: string;
    initContainers: Container[];
    containers: Container[];
    updateStrategy: unknown;
}

/** How a DaemonSet is made to take back what its pods wrote. */
const verbs = { initContainer: "remove", main: "rest" } as const;
const allAtOnce = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%", maxSurge: 0 } };
const oneByOneStrategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
/** Fields of a container that ask its process for something, which one that rests does not answer. */
const questions = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];

/** Since when the DaemonSet takes back what it wrote; undefined where it does not, or is not there. */
export async function removalOf(api: ApiServer, namespace: string, name: string): Promise<string | undefined> {
    const found = await api.get(daemonSetPath(namespace, name));
    return found === undefined ? undefined : originalOf(found)?.since;
}

/** How nodes shall forget. */
export interface RemovalArgs {
    /** Name of the init container that removes. */
    initContainer: string;
    /** Whether a node begins only when the one before it is well, as where its runtime is restarted. */
    oneByOne?: boolean;
}

/**
 * Has every pod of the DaemonSet take back what it wrote, all nodes at once if nothing else is said: nothing that runs needs
 * the trust of a node, only the next pull does. Returns whether the DaemonSet was there. Done already, it changes nothing.
 */
export async function beginRemoval(
    api: ApiServer,
    namespace: string,
    name: string,
    { initContainer, oneByOne = false }: RemovalArgs,
): Promise<boolean> {
    return changeDaemonSet(api, namespace, name, (found) => {
        if (originalOf(found) !== undefined) return undefined;
        const { updateStrategy, template } = found.spec;
        const { initContainers = [], containers } = template.spec;
        if (!initContainers.some((one) => one.name === initContainer)) {
            throw new Error(
                `the DaemonSet ${namespace}/${name} has no init container ${initContainer} that could remove`,
            );
        }
        const original: Original = { since: new Date().toISOString(), initContainers, containers, updateStrategy };
        return withTemplate(found, {
            original,
            updateStrategy: oneByOne ? oneByOneStrategy : allAtOnce,
            initContainers: initContainers.map((one) =>
                one.name === initContainer ? withVerb(one, verbs.initContainer) : one,
            ),
            containers: containers.map((one) => withVerb(without(one, questions), verbs.main)),
        });
    });
}

/** Has the DaemonSet's pods write again, where a removal was begun and not ended. */
export async function undoRemoval(api: ApiServer, namespace: string, name: string): Promise<void> {
    await changeDaemonSet(api, namespace, name, (found) => {
        const original = originalOf(found);
        if (original === undefined) return undefined;
        // The engine may have changed it meanwhile; then what it says is right.
        const removes = found.spec.template.spec.initContainers?.some(
            ({ command = [] }) => command.at(-1) === verbs.initContainer,
        );
        const { initContainers = [], containers } = found.spec.template.spec;
        const now = { initContainers, containers, updateStrategy: found.spec.updateStrategy };
        return withTemplate(found, { ...(removes === true ? original : now), original: undefined });
    });
}

function withTemplate(
    found: DaemonSetObject,
    to: {
        initContainers: Container[];
        containers: Container[];
        updateStrategy: unknown;
        original: Original | undefined;
    },
): DaemonSetObject {
    const annotations = without(found.metadata.annotations ?? {}, [removalAnnotation]);
    const { template } = found.spec;
    const { initContainers, containers, updateStrategy, original } = to;
    const noted = original === undefined ? {} : { [removalAnnotation]: JSON.stringify(original) };
    return {
        ...found,
        metadata: { ...found.metadata, annotations: { ...annotations, ...noted } },
        spec: {
            ...found.spec,
            updateStrategy,
            template: { ...template, spec: { ...template.spec, initContainers, containers } },
        },
    };
}

function originalOf({ metadata }: KubeObject): Original | undefined {
    const text = metadata.annotations?.[removalAnnotation];
    return text === undefined ? undefined : (JSON.parse(text) as Original);
}

/** The verb is the last word of the agent's command. A container without one has an image that only stays. */
function withVerb(container: Container, verb: string): Container {
    if (container.command === undefined) return container;
    return { ...container, command: [...(container.command ?? []).slice(0, -1), verb] };
}

function without<Kind extends object>(object: Kind, fields: readonly string[]): Kind {
    return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field))) as Kind;
}
