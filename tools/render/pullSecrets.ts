import { secretOf, type PullSecret } from "../../plugin/copier/pullSecret.ts";
import type { Registered } from "./registrations.ts";

/** The inputs of pull secrets in named namespaces: one resource of this project's plugin for all of them. */
interface Inputs extends Omit<PullSecret, "name" | "keeper"> {
    readonly namespaces: readonly string[];
    readonly secretName: string;
}

/** What was registered, with the Secrets of such a list in its place, as if each were registered. */
export function withPullSecrets(registered: readonly Registered[]): Registered[] {
    return registered.flatMap((one) => (isList(one) ? secretsOf(one) : one));
}

/** Where the namespaces are looked up instead, nobody knows them but the cluster. */
function isList({ type, inputs }: Registered): boolean {
    return type === "siteregistry:index:NamespacePullSecrets" && Array.isArray(inputs.namespaces);
}

function secretsOf({ name, inputs }: Registered): Registered[] {
    const { namespaces, secretName, ...rest } = inputs as unknown as Inputs;
    const wanted = { ...rest, name: secretName, keeper: "list" } as const;
    return namespaces.map((namespace) => ({
        type: "kubernetes:core/v1:Secret",
        name: `${name}-${namespace}`,
        inputs: { ...secretOf(namespace, wanted, wanted.serviceAccounts) },
        secrets: ["data"],
        component: false,
    }));
}
