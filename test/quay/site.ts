import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { parse } from "yaml";

import { SectionSite } from "../okd/sectionSite.ts";
import { namespace, QuayCluster } from "./cluster.ts";
import type { QuayOperators } from "./operators.ts";
import type { QuayServer } from "./server.ts";

/** How a site differs from a usual one. */
interface Differences {
    /** Further definitions, files in `definitions/`. */
    definitions?: readonly string[];
    /** Name of a Quay that speaks TLS, for the engine's programs. */
    tlsName?: string;
    /** What is set in `quayCredentials`, by path. */
    credentials?: Readonly<Record<string, string>>;
}

export const secrets = `/api/v1/namespaces/${namespace}/secrets`;
export const registries = `/apis/quay.redhat.com/v1/namespaces/${namespace}/quayregistries`;
export const olm = `/apis/operators.coreos.com/v1alpha1/namespaces/${namespace}`;
export const groups = `/apis/operators.coreos.com/v1/namespaces/${namespace}/operatorgroups`;
export const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
/** What its bucket asks for. */
export const bucket = { "quayCredentials.s3.accessKey": "key", "quayCredentials.s3.secretKey": "hunter2" };

/** The stack `quay` of a test, on an API server with OLM's and Quay's definitions, their operators and Quay's API played. */
export class QuaySite extends SectionSite {
    readonly quay: QuayServer;
    readonly operators: QuayOperators;

    private constructor(name: string, { cluster, quay, operators }: QuayCluster, variables: Record<string, string>) {
        super("quay", cluster, mkdtempSync(join(tmpdir(), `${name}-`)), { identifier: name, variables });
        this.quay = quay;
        this.operators = operators;
    }

    static async start(
        name: string,
        { definitions = [], tlsName, credentials = bucket }: Differences = {},
    ): Promise<QuaySite> {
        const preload = pathToFileURL(join(import.meta.dirname, "../support/loopbackName.ts")).href;
        const variables = tlsName === undefined ? {} : { LOOPBACK_NAME: tlsName, NODE_OPTIONS: `--import=${preload}` };
        const played = await QuayCluster.start(definitions, { tls: tlsName !== undefined });
        const site = new QuaySite(name, played, variables);
        await site.stack.prepare();
        site.change((section) => {
            section.createNamespace = false;
            section.timeoutSeconds = 90;
        });
        await site.give(credentials);
        return site;
    }

    override async stop(): Promise<void> {
        await this.operators.stop();
        await this.quay.stop();
        await super.stop();
    }

    /** What the bundle's `config.yaml` holds. */
    async bundle(): Promise<Record<string, unknown>> {
        const { data } = await this.cluster.get(`${secrets}/site-config-bundle`);
        return parse(decoded(data, "config.yaml")) as Record<string, unknown>;
    }

    /** What the pods of Quay have in one of their files. */
    async podsHave(key: string): Promise<string> {
        const app = JSON.stringify((await this.cluster.get(`${deployments}/site-quay-app`)).spec);
        const { items } = await this.cluster.api.list(secrets);
        const used = items.filter(({ metadata }) => app.includes(`"${metadata.name}"`));
        return used.map(({ data }) => decoded(data, key)).join("");
    }
}

/** An entry of a Secret's data. Empty where there is none. */
export function decoded(data: unknown, key: string): string {
    return Buffer.from((data as Record<string, string>)[key] ?? "", "base64").toString();
}
