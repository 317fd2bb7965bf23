import { z } from "zod";

import { topologyMistakes } from "../../components/harbor/topology.ts";
import { endpoint, rule } from "./harborRules.ts";
import { siteName } from "./sites.ts";

/** A site of the topology: an endpoint of the others, or the stack that tells of it. */
const site = endpoint
    .omit({ site: true, adopt: true })
    .partial({ type: true })
    .extend({
        name: siteName.describe("Name."),
        type: endpoint.shape.type.default("harbor"),
        stack: z.string().optional().describe("Stack that tells `url`, `caBundle` and the secret of `accessKey`."),
    });

const flow = rule.omit({ mode: true, endpoint: true, adopt: true }).extend({
    from: z.string().describe("Site that has the images."),
    to: z.array(z.string()).min(1, "at least one site is needed").describe("Sites that get them."),
    by: z.enum(["pull", "push"]).default("pull").describe("Who copies: `pull`: those of `to`. `push`: that of `from`."),
});

/** A topology file, as the site of that name reads it. */
export const topologyFor = (name: string) =>
    z.strictObject({ sites: z.array(site), flows: z.array(flow) }).superRefine((value, context) => {
        for (const { path, message } of topologyMistakes(value, name))
            context.addIssue({ code: "custom", path: [...path], message });
        for (const [index, { stack, url, caBundle, name: own }] of value.sites.entries()) {
            const told = url !== undefined || caBundle !== undefined;
            if (stack !== undefined && told)
                context.addIssue({
                    code: "custom",
                    path: ["sites", index, "stack"],
                    message: "it tells url and caBundle: leave these out, or the stack",
                });
            if (stack === undefined && url === undefined && own !== name)
                context.addIssue({
                    code: "custom",
                    path: ["sites", index, "url"],
                    message: "is missing; allowed is http(s)://host[:port], or `stack` in its place",
                });
        }
    });
