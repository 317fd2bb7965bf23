import type { KubeObject } from "../copier/apiServer.ts";
import { conditionOf, inWords, ownRoute, type Condition } from "./openshift.ts";

/** What the registry shall be. */
export interface Wanted {
    /** Whether it has the route `default-route`. */
    readonly defaultRoute: boolean;
    /** Its other routes. */
    readonly routes: readonly WantedRoute[];
}

/** One of them. */
export interface WantedRoute {
    readonly name: string;
    readonly host: string;
    /** Its server's certificate, PEM, where it is known. */
    readonly certificate?: string;
}

/** What the operator has made of it so far. */
export type Judgement =
    | { readonly state: "ready"; readonly hosts: Record<string, string> }
    | { readonly state: "waiting"; readonly why: string }
    /** It does not get better by itself, if it lasts: the operator may not have looked yet. */
    | { readonly state: "failing"; readonly why: string };

interface Config {
    spec?: { managementState?: string };
    status?: { observedGeneration?: number; conditions?: Condition[] };
}

interface Route {
    spec?: { host?: string; tls?: { certificate?: string } };
    status?: { ingress?: { host?: string; conditions?: Condition[] }[] };
}

/** Name of the route that the operator makes by itself. */
export const defaultRouteName = "default-route";

const remedies: Readonly<Record<string, string>> = {
    StorageNotConfigured: "the registry has no storage: set okd.management.storage",
    VerificationFailed: "the operator refuses the configuration: mend what it names in okd.routes or okd.management",
    RouteDegraded: "a route cannot be made: look at its Secret and its host in okd.routes",
    ProgressDeadlineExceeded: "its pods do not start: look at those of the Deployment image-registry",
    Unavailable: "no pod of it is ready: look at those of the Deployment image-registry",
};

/**
 * Judges the registry by its operator's words. `Available` alone says nothing: it is True too while the registry is removed.
 * `config` is the operator's configuration, `routes` are those of the registry's namespace.
 */
export function judge(config: KubeObject, routes: readonly KubeObject[], wanted: Wanted): Judgement {
    const { spec, status } = config as Config;
    const state = spec?.managementState;
    if (state !== "Managed" && state !== "Force") return { state: "failing", why: unmanaged(state) };
    const { generation } = config.metadata;
    const { observedGeneration, conditions } = status ?? {};
    if (observedGeneration !== undefined && generation !== undefined && observedGeneration < generation) {
        return { state: "waiting", why: "its operator has not looked at the change yet" };
    }
    const [available, progressing, degraded] = ["Available", "Progressing", "Degraded"].map((type) =>
        conditionOf(conditions, type),
    );
    if (degraded?.status === "True") {
        const remedy = remedies[degraded.reason ?? ""];
        return { state: "failing", why: `${inWords(degraded)}${remedy === undefined ? "" : `. ${remedy}`}` };
    }
    if (available?.status !== "True" || available.reason !== "Ready") {
        return { state: "waiting", why: available === undefined ? "its operator says nothing" : inWords(available) };
    }
    if (progressing?.status === "True") return { state: "waiting", why: inWords(progressing) };
    return judgeRoutes(routes, wanted);
}

function unmanaged(state: string | undefined): string {
    const remedy = "set okd.management, with the storage that the images shall be in";
    if (state === undefined) return `managementState is missing, so its operator does nothing: ${remedy}`;
    if (state === "Removed") return `managementState is Removed, so there is no registry and no route: ${remedy}`;
    return `managementState is ${state}, so its operator makes no route: ${remedy}`;
}

function judgeRoutes(routes: readonly KubeObject[], { defaultRoute, routes: named }: Wanted): Judgement {
    const hosts: Record<string, string> = {};
    const byDefault = { name: defaultRouteName, host: undefined, certificate: undefined };
    for (const { name, host, certificate } of [...(defaultRoute ? [byDefault] : []), ...named]) {
        const found = routes.find(
            ({ metadata }) => metadata.name === name && metadata.annotations?.[ownRoute] === "true",
        );
        if (found === undefined) return { state: "waiting", why: `there is no route ${name} yet` };
        const { spec, status } = found as Route;
        if (spec?.host === undefined || spec.host === "" || (host !== undefined && spec.host !== host)) {
            return { state: "waiting", why: `the route ${name} has no host yet, or another one` };
        }
        if (certificate !== undefined && spec.tls?.certificate?.trim() !== certificate.trim()) {
            return { state: "waiting", why: `the route ${name} has not got its certificate yet` };
        }
        const admissions = (status?.ingress ?? []).map(({ conditions }) => conditionOf(conditions, "Admitted"));
        const refused = admissions.find((one) => one?.status === "False");
        if (admissions.some((one) => one?.status === "True")) hosts[name] = spec.host;
        else if (refused === undefined) return { state: "waiting", why: `no router has taken the route ${name} yet` };
        else
            return {
                state: "failing",
                why: `the router refuses the route ${name} for ${spec.host}: ${inWords(refused)}`,
            };
    }
    return { state: "ready", hosts };
}
