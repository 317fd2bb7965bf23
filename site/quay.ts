import * as pulumi from "@pulumi/pulumi";

import { caFingerprints } from "../components/clientKit/roots.ts";
import { ClientKit } from "../components/clientKit.ts";
import { quayPreflight } from "../components/preflight.ts";
import { QuayRegistry } from "../components/quayRegistry.ts";
import type { Settings } from "../settings.ts";
import { managedOf } from "../settings/schema/quay.ts";

type QuaySettings = NonNullable<Settings["quay"]>;

/** What a stack tells of its Quay. */
export interface QuayOutputs {
    /** Public host of it. */
    quayHost?: pulumi.Output<string>;
    /** Roots that its clients must trust, PEM. */
    quayCaBundle?: pulumi.Output<string>;
    /** SHA-256 fingerprints of them, `AA:BB:…`. */
    quayCaFingerprints?: pulumi.Output<string[]>;
    /** Version that runs. */
    quayVersion?: pulumi.Output<string>;
    /** Password of its first user. Secret. */
    quayPassword?: pulumi.Output<string>;
    /** What each of its robots logs in with, by `<organisation>+<name>`. Secret. */
    quayRobotTokens?: pulumi.Output<Record<string, string>>;
}

/** A Quay by its operator, as the settings want it. Nothing where they have no such section. */
export function buildQuay(settings: Settings, providers: pulumi.ProviderResource[]): QuayOutputs {
    const section = settings.quay;
    if (section === undefined) return {};
    const { name: objectName, storage, components, tls, admin, ...rest } = section;
    const managed = managedOf(section);
    const quay = new QuayRegistry(
        "quay",
        {
            ...rest,
            objectName,
            components: Object.entries(managed).map(([kind, is]) => ({
                ...components.find((one) => one.kind === kind),
                ...{ kind, managed: is },
            })),
            bucket: bucketOf(storage.s3, settings),
            certificate: tls === "own" ? certificateOf(settings) : undefined,
            secretConfig:
                settings.givenQuay.fields.length === 0
                    ? undefined
                    : settings.quayCredentials?.apply(({ config = {} }) => config),
            admin: admin && {
                ...admin,
                password: settings.givenQuay.admin
                    ? settings.quayCredentials?.apply((all) => all.admin ?? "")
                    : undefined,
            },
        },
        { providers, hooks: quayPreflight("quay", settings, claimOf(section)) },
    );
    const { host, caBundle, version, adminPassword, robotTokens } = quay;
    // An OKD cluster's own registry has the kit, where there are both.
    if (settings.clientKit !== undefined && settings.okd === undefined) {
        const { name, namespace = section.namespace } = settings.clientKit;
        const hosts = host.apply((one) => [one]);
        new ClientKit("client-kit", { objectName: name, namespace, hosts, caBundle }, { providers, dependsOn: [quay] });
    }
    return {
        quayHost: host,
        quayCaBundle: caBundle,
        quayCaFingerprints: caBundle.apply(caFingerprints),
        quayVersion: version,
        ...(admin === undefined ? {} : { quayPassword: adminPassword, quayRobotTokens: robotTokens }),
    };
}

function bucketOf(s3: QuaySettings["storage"]["s3"], { quayCredentials }: Settings) {
    if (s3 === undefined || quayCredentials === undefined) return undefined;
    const key = (part: "accessKey" | "secretKey") => quayCredentials.apply((all) => all.s3?.[part] ?? "");
    return { ...s3, accessKey: key("accessKey"), secretKey: key("secretKey") };
}

function certificateOf({ quayCredentials }: Settings) {
    if (quayCredentials === undefined) return undefined;
    const part = (key: "certificate" | "key" | "ca") => quayCredentials.apply((all) => all.certificate?.[key] ?? "");
    // What every client is shown is no secret, though it stands beside one.
    return { certificate: pulumi.unsecret(part("certificate")), key: part("key"), ca: pulumi.unsecret(part("ca")) };
}

/** What the stack takes for itself in the cluster, in plain values. */
function claimOf({ namespace, createNamespace, host, tls, storage, operator }: QuaySettings) {
    return {
        ...{ namespace, createNamespace, host, operator },
        ownCertificate: tls === "own",
        objectClaim: storage.kind === "objectClaim",
    };
}
