import * as pulumi from "@pulumi/pulumi";

import { ImageSeed, type PlacedImage, type SeedDestinationArgs, type SeedLoginArgs } from "../components/imageSeed.ts";
import { containerPort } from "../components/registry/paths.ts";
import type { HostRegistry } from "../components/hostRegistry.ts";
import type { RegistryStack } from "../components/registryStack.ts";
import type { Settings } from "../settings.ts";
import type { Harbor } from "./harbor.ts";
import { hostAndPort, registryHosts } from "./host.ts";
import type { OkdOutputs } from "./okd.ts";

type ImageSettings = NonNullable<Settings["images"]>;

/** What a stack tells of the images that it has brought. */
export interface ImageOutputs {
    /** Reference and digest of each. */
    images?: pulumi.Output<PlacedImage[]>;
}

/** Where they can go, as far as this stack makes it. */
export interface Destinations {
    readonly registry?: RegistryStack | undefined;
    readonly host?: HostRegistry | undefined;
    readonly harbor: Harbor;
    readonly okd?: OkdOutputs;
}

/** Brings the images of the settings where they say. Nothing where there is no such section. */
export function buildImages(
    settings: Settings,
    { registry, host, harbor, okd }: Destinations,
    providers: pulumi.ProviderResource[],
): ImageOutputs {
    const section = settings.images;
    if (section === undefined || section.destination === "none") return {};
    const { source, list, layout, concurrency, patienceSeconds, attached } = section;
    const from = source.host === undefined ? undefined : loginAt(source.host, settings);
    const destinations =
        section.destination === "host" && host !== undefined
            ? onMachines(section, settings, host)
            : { images: destinationOf(section, settings, { registry, harbor, ...(okd && { okd }) }) };
    const seeds = Object.entries(destinations).map(
        ([name, destination]) =>
            new ImageSeed(
                name,
                {
                    source: { ...source, ...(from && { user: from.user }) },
                    ...(from && { sourcePassword: from.password }),
                    ...{ list, layout, concurrency, patienceSeconds, attached, destination },
                },
                // A Harbor takes images only into projects that are there.
                { providers, dependsOn: [registry, host, harbor.made].filter((one) => one !== undefined) },
            ),
    );
    return { images: pulumi.all(seeds.map(({ images }) => images)).apply((all) => all.flat()) };
}

/** Each machine's registry has images of its own. Without a name for it here, a machine is reached where its SSH server is. */
function onMachines(
    section: ImageSettings,
    settings: Settings,
    host: HostRegistry,
): Record<string, SeedDestinationArgs> {
    if (settings.host === undefined) return {};
    const { machines, plain, port } = settings.host;
    const hosts = registryHosts(settings.host);
    const [login] = host.logins;
    return Object.fromEntries(
        machines.map(({ name, address, jump }, index) => [
            `images-${name}`,
            {
                host: hosts[index] ?? "",
                folder: section.folder,
                // Behind a machine in between, nobody is reached by his address.
                address: section.address ?? (jump === undefined ? hostAndPort(address, port) : undefined),
                reach: "direct",
                login: login && { user: login.name, password: login.password },
                ...(plain ? { plainHttp: true } : { caBundle: host.caBundle }),
            },
        ]),
    );
}

function destinationOf(
    section: ImageSettings,
    settings: Settings,
    { registry, harbor, okd }: Destinations,
): SeedDestinationArgs {
    const { destination, folder, address, reach, service, caBundle } = section;
    const way = { folder, address, reach, service };
    if (destination === "registry" && registry !== undefined) {
        const { namespace = "", name = "" } = settings.registry ?? {};
        const login = registry.logins.find(({ role }) => role === "push");
        return {
            ...way,
            host: registry.host,
            login: login && { user: login.name, password: login.password },
            caBundle: registry.caBundle,
            service: service ?? { namespace, name, port: containerPort },
        };
    }
    if (destination === "harbor" && settings.harbor !== undefined) {
        const { url, username, insecure } = settings.harbor;
        const given = settings.harborCredentials?.apply(({ admin = "" }) => admin);
        return {
            ...way,
            host: new URL(url).host,
            login: { user: username, password: harbor.outputs.harborPassword ?? given ?? "" },
            caBundle: harbor.trusted[0]?.caBundle,
            ...{ insecure, plainHttp: url.startsWith("http:") },
        };
    }
    if (destination === "okd" && okd?.host !== undefined) {
        const { name = "" } = settings.okd?.builders.find(({ namespace }) => namespace === folder) ?? {};
        const password = okd.builderTokens?.apply((all) => all[`${folder ?? ""}/${name}`] ?? "");
        return { ...way, host: okd.host, login: { user: name, password: password ?? "" }, caBundle: okd.caBundle };
    }
    return { ...way, host: destination, login: loginAt(destination, settings), caBundle };
}

function loginAt(host: string, { imageCredentials, imageCredentialHosts }: Settings): SeedLoginArgs | undefined {
    if (!imageCredentialHosts.includes(host)) return undefined;
    return {
        // A login's name is no secret, but it comes with one.
        user: pulumi.unsecret(imageCredentials.apply((all) => all[host]?.user ?? "")),
        password: imageCredentials.apply((all) => all[host]?.password ?? ""),
    };
}
