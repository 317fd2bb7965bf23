import { z } from "zod";

import { chartValueMistakes, type ValueMistake } from "../../components/harbor/chartValues.ts";
import { installerOptionMistakes } from "../../components/harbor/installerConfig.ts";
import { label, objectName } from "./common.ts";
import { hostOrAddress, login } from "./machine.ts";
import { ownCertificate } from "./ownCertificate.ts";

const folder = (meaning: string, value: string) =>
    z
        .string()
        .regex(/^(\/[A-Za-z0-9_.-]+)+$/, "allowed is an absolute path of letters, digits, '.', '_' and '-'")
        .refine((path) => !path.split("/").includes(".."), "allowed is a path without '..'")
        .default(value)
        .describe(meaning);

const chart = z.strictObject({
    path: z
        .string()
        .min(1)
        .describe("Harbor's own chart, a `.tgz` or a folder, by its path from the project's folder."),
    namespace: objectName("Namespace of Harbor.", "harbor"),
    createNamespace: z.boolean().default(true).describe("Whether the namespace is made here."),
    release: z
        .string()
        .regex(label, "allowed are lower-case letters, digits and '-'")
        .max(40, "allowed are at most 40 characters")
        .default("harbor")
        .describe("Name of the release, with which the names of Harbor's objects begin."),
    values: z
        .record(z.string(), z.unknown())
        .default({})
        .describe("More values of the chart: `expose.type`, storage classes, images, resources. No secret is in them."),
    keepVolumes: z
        .boolean()
        .default(true)
        .describe("Whether Harbor's volumes stay at `pulumi destroy`, and the namespace with them."),
    skipAwait: z.boolean().default(false).describe("Whether an update does not wait for Harbor's pods."),
});

const installer = z.strictObject({
    address: hostOrAddress("The machine's SSH server. Its private key is `sshKeys.harbor`, or `sshKeys.default`."),
    ...login,
    directory: folder("Folder that Harbor's standalone installer was unpacked in.", "/opt/harbor"),
    dataVolume: folder("Folder of Harbor's data. It stays at destroy.", "/data"),
    version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/, "allowed is the _version of the installer's harbor.yml.tmpl")
        .default("2.15.0")
        .describe("`_version` of the installer's own `harbor.yml.tmpl`."),
    options: z
        .record(z.string(), z.unknown())
        .default({})
        .describe("More of `harbor.yml`: `http`, `proxy`, `metric`, `trivy`. No secret is in it."),
});

/** A Harbor that the stack installs itself. */
export const harborInstall = z
    .strictObject({
        kind: z
            .enum(["chart", "installer"])
            .describe(
                "`chart`: in the cluster, by Harbor's Helm chart. `installer`: on a machine, by SSH and Harbor's standalone installer.",
            ),
        chart: chart.optional().describe("The chart. Kind `chart`."),
        installer: installer.optional().describe("The machine. Kind `installer`."),
        certificate: ownCertificate.prefault({}).describe("Harbor's certificate, by an authority of its own."),
        trustedRoots: z
            .string()
            .regex(/-----BEGIN CERTIFICATE-----/, "allowed is PEM with at least one certificate")
            .optional()
            .describe("Roots that Harbor itself believes at other registries besides its own root, PEM."),
    })
    .superRefine((value, context) => {
        const refuse = (path: string[], message: string): void => {
            context.addIssue({ code: "custom", path, message });
        };
        const other = value.kind === "chart" ? "installer" : "chart";
        if (value[value.kind] === undefined) refuse([value.kind], `the kind ${value.kind} needs it`);
        if (value[other] !== undefined)
            refuse([other], `it is for the kind ${other}, not for ${value.kind}: remove it`);
        const refuseAll = (at: string[], mistakes: readonly ValueMistake[]): void => {
            for (const { path, message, secret = false } of mistakes)
                context.addIssue({ code: "custom", path: [...at, ...path], message, params: { secret } });
        };
        refuseAll(["chart", "values"], chartValueMistakes(value.chart?.values ?? {}));
        refuseAll(["installer", "options"], installerOptionMistakes(value.installer?.options ?? {}));
    });
