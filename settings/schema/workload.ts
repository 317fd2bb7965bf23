import { z } from "zod";

import { subdomain } from "./common.ts";

const quantity = (pattern: RegExp, allowed: string) => z.string().regex(pattern, allowed).optional();
const cpu = () =>
    quantity(/^([1-9]\d*m|\d+(\.\d+)?)$/, "allowed is a number of cores, such as 2, 0.5 or 250m").describe(
        "CPU, in cores.",
    );
const memory = () =>
    quantity(/^[1-9]\d*(Ki|Mi|Gi)$/, "allowed is a whole number with Ki, Mi or Gi, such as 256Mi").describe("Memory.");

/** An amount in cores or bytes. The schema lets nothing through but a number with one of these units. */
function amount(text: string): number {
    const units: Readonly<Record<string, number>> = { "": 1, m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
    const [, number = "", unit = ""] = /^([\d.]+)(\D*)$/.exec(text) ?? [];
    return Number(number) * (units[unit] ?? Number.NaN);
}

/** CPU and memory of a container, with what it asks for by default. */
export const resources = (requested: { cpu: string; memory: string }) =>
    z
        .strictObject({
            requests: z
                .strictObject({ cpu: cpu(), memory: memory() })
                .default(requested)
                .describe("What a node must have free."),
            limits: z.strictObject({ cpu: cpu(), memory: memory() }).default({}).describe("What it may use at most."),
        })
        .superRefine(({ requests, limits }, context) => {
            for (const key of ["cpu", "memory"] as const) {
                const [asked, most] = [requests[key], limits[key]];
                if (asked === undefined || most === undefined || amount(asked) <= amount(most)) continue;
                const message = `allowed is at least what is requested, ${asked}: raise it, or lower requests.${key}`;
                context.addIssue({ code: "custom", path: ["limits", key], message });
            }
        })
        .prefault({});

/** What Kubernetes allows as a label's value. */
const labelValue = /^(|[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;
/** What Kubernetes allows as a label's key: an optional DNS prefix and a name. */
export const labelKey =
    /^((?=[^/]{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** A map of Kubernetes labels. */
export const labelMap = () =>
    z.record(
        z.string().regex(labelKey, "allowed is the key of a Kubernetes label"),
        z.string().regex(labelValue, "allowed is the value of a Kubernetes label"),
    );

/** Labels that belong to the program: selectors are made of them. */
const reserved = /^(app\.kubernetes\.io\/|siteregistry(\.dev)?\/)/;

/** Labels of the site's own. */
export const siteLabels = labelMap()
    .refine(
        (labels) => !Object.keys(labels).some((key) => reserved.test(key)),
        "keys that begin with app.kubernetes.io/, siteregistry/ or siteregistry.dev/ belong to the program",
    )
    .default({})
    .describe(
        "Labels for every object that is made in the cluster: of the registry, its proof, the trust of the nodes, the client kit and every pull secret. Such as `category: infrastructure`. They are in no selector.",
    );

const toleration = z
    .strictObject({
        key: z.string().regex(labelKey, "allowed is the key of a taint").optional().describe("Key of the taint."),
        operator: z.enum(["Equal", "Exists"]).default("Equal").describe("How `value` is compared."),
        value: z.string().regex(labelValue, "allowed is the value of a taint").optional().describe("Its value."),
        effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().describe("Its effect."),
        tolerationSeconds: z.int().min(0).optional().describe("How long a pod stays, with `NoExecute`."),
    })
    .superRefine((value, context) => {
        const refuse = (key: string, message: string): void => {
            context.addIssue({ code: "custom", path: [key], message });
        };
        if (value.operator === "Exists" && value.value !== undefined) refuse("value", "not allowed with Exists");
        if (value.operator === "Equal" && value.key === undefined) refuse("key", "needed unless operator is Exists");
        if (value.tolerationSeconds !== undefined && value.effect !== "NoExecute") {
            refuse("tolerationSeconds", "allowed only with the effect NoExecute");
        }
    });

/** Where the registry's pods run. */
export const scheduling = z
    .strictObject({
        nodeSelector: labelMap().default({}).describe("Labels that a node must have."),
        tolerations: z.array(toleration).default([]).describe("Taints that the pods tolerate."),
        priorityClassName: z
            .string()
            .regex(subdomain, "allowed is the name of a PriorityClass")
            .optional()
            .describe("An existing PriorityClass, such as `system-cluster-critical`."),
    })
    .prefault({});
