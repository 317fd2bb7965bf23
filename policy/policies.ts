import type {
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationPolicy,
} from "@pulumi/policy";

import { wordsOf, type Rule, type Subject } from "./rule.ts";

/**
 * A rule as the policies that the engine asks: one that sees each resource before it is made, and one that sees all of
 * them, whose name ends with `-together`, since the engine wants each name once.
 */
export function policiesOf(rule: Rule): (ResourceValidationPolicy | StackValidationPolicy)[] {
    const { id, level, description, remedy, settings, check, checkAll } = rule;
    const properties = Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, { ...setting }]));
    const common = { description, enforcementLevel: level, remediationSteps: remedy, configSchema: { properties } };
    const policies: (ResourceValidationPolicy | StackValidationPolicy)[] = [];
    if (check !== undefined) {
        policies.push({
            ...common,
            name: id,
            validateResource: (args, report) => {
                for (const problem of check(subjectOf(args), args.getConfig()))
                    report(wordsOf(rule, args.name, problem));
            },
        });
    }
    if (checkAll !== undefined) {
        policies.push({
            ...common,
            name: `${id}-together`,
            validateStack: (args, report) => {
                for (const problem of checkAll(args.resources.map(subjectOf), args.getConfig()))
                    report(wordsOf(rule, "stack", problem));
            },
        });
    }
    return policies;
}

/**
 * The policy SDK's view of a resource throws where something is not known before an update. The plain values behind it have
 * a sentinel there, so a rule sees all that is known.
 */
function subjectOf({ type, name, props }: ResourceValidationArgs | PolicyResource): Subject {
    const plain: unknown =
        Reflect.get(props, "__isSpecialProxy") === true && Reflect.get(props, "__getSpecialProxyTarget");
    return { type, name, props: typeof plain === "object" && plain !== null ? (plain as Subject["props"]) : props };
}
