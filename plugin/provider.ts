import { isDeepStrictEqual } from "node:util";

import type * as Messages from "@pulumi/pulumi/proto/provider_pb.js";

import type { ApiServer } from "./copier/apiServer.ts";
import { loadKubeconfig, openCluster } from "./cluster.ts";
import type { EngineLog } from "./engineLog.ts";
import type { Marked } from "./failure.ts";
import { Harbor, type Waits } from "./harbor/harbor.ts";
import { messages } from "./messages.ts";
import { decode, encode, inputsOf, isUnknown, unknown, type Decoded, type Properties } from "./properties.ts";
import { PartlyDone, type Resource, type Session } from "./resource.ts";
import { resourceOf } from "./resources/resources.ts";

/** What the provider itself may be told, and whether it is secret: a kubeconfig holds keys, and its path tells who works where. */
const configuration: Readonly<Record<string, boolean>> = {
    kubeconfig: true,
    harborUrl: false,
    harborUsername: false,
    harborPassword: true,
    harborCaBundle: false,
    harborInsecure: false,
};
const settingNames = Object.keys(configuration);
const secretSettings = new Set(settingNames.filter((key) => configuration[key] === true));

/** Answers the engine: finds the resource that a call is about, and keeps secrets marked on the way in and out. */
export class Provider {
    private readonly log: EngineLog;
    private readonly stop = new AbortController();
    private kubeconfig: string | undefined;
    private cluster: Promise<ApiServer> | undefined;
    private harbor: Harbor | undefined;
    private readonly patience: Waits;

    /** `patience` is for tests, which have none. */
    constructor(log: EngineLog, patience: Waits = {}) {
        this.patience = patience;
        this.log = log;
    }

    checkConfig(request: Messages.CheckRequest): Messages.CheckResponse {
        const { values } = decode(request.getNews());
        const failures = Object.keys(values)
            .filter((key) => !settingNames.includes(key) && key !== "version")
            .map((key) => failure(key, `no such setting of the provider; known are ${settingNames.join(", ")}`));
        failures.push(...harborMistakes(values));
        return new messages.CheckResponse().setInputs(encode(values, secretSettings)).setFailuresList(failures);
    }

    /** Another kubeconfig is another way to the same cluster, and so is an address of a Harbor: nothing is replaced for it. */
    diffConfig(request: Messages.DiffRequest): Messages.DiffResponse {
        const [before, now] = [decode(request.getOlds()).values, decode(request.getNews()).values];
        return difference(
            settingNames.filter((key) => !isDeepStrictEqual(before[key], now[key])),
            [],
        );
    }

    configure(request: Messages.ConfigureRequest): Messages.ConfigureResponse {
        const args = decode(request.getArgs()).values;
        const text = (key: string): string | undefined => {
            const value = args[key];
            return typeof value === "string" && value !== "" && !isUnknown(value) ? value : undefined;
        };
        this.kubeconfig = text("kubeconfig");
        const url = text("harborUrl");
        const [username, password] = [text("harborUsername"), text("harborPassword")];
        // A Harbor whose address or credential is still to come cannot be asked anything in this preview.
        this.harbor =
            url === undefined || username === undefined || password === undefined
                ? undefined
                : new Harbor(
                      {
                          url: url.trim().replace(/\/+$/, ""),
                          username,
                          password,
                          caBundle: text("harborCaBundle"),
                          insecure: args.harborInsecure === true || args.harborInsecure === "true",
                      },
                      this.stop.signal,
                      this.patience,
                  );
        return new messages.ConfigureResponse().setAcceptsecrets(true).setAcceptoutputs(true).setSupportspreview(true);
    }

    async check(request: Messages.CheckRequest): Promise<Messages.CheckResponse> {
        const resource = await resourceOf(typeOf(request.getUrn()));
        const news = decode(request.getNews());
        const olds = request.hasOlds() ? decode(request.getOlds()).values : undefined;
        const before = olds !== undefined && Object.keys(olds).length > 0 ? olds : undefined;
        const { inputs, failures = [] } = await resource.check(news.values, before, this.session(request.getUrn()));
        return new messages.CheckResponse()
            .setInputs(encode(inputs, secretsOf(resource, news)))
            .setFailuresList(failures.map(({ property, reason }) => failure(property, reason)));
    }

    async diff(request: Messages.DiffRequest): Promise<Messages.DiffResponse> {
        const resource = await resourceOf(typeOf(request.getUrn()));
        const [before, now] = [decode(request.getOlds()).values, decode(request.getNews()).values];
        const { outputs = [], quiet = [], unique = false } = resource;
        const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
            (key) => !outputs.includes(key) && !quiet.includes(key),
        );
        const changed = keys.filter((key) => !isDeepStrictEqual(before[key], now[key]));
        const overdue = resource.overdue?.(before, new Date()) ?? [];
        return difference([...changed, ...overdue], resource.identity).setDeletebeforereplace(unique);
    }

    async create(request: Messages.CreateRequest): Promise<Messages.CreateResponse> {
        const resource = await resourceOf(typeOf(request.getUrn()));
        const inputs = decode(request.getProperties());
        const secrets = secretsOf(resource, inputs);
        if (request.getPreview()) {
            return new messages.CreateResponse().setProperties(encode(planned(resource, inputs.values), secrets));
        }
        const made = await marking(resource, secrets, () =>
            resource.create(inputs.values, this.session(request.getUrn())),
        );
        return new messages.CreateResponse().setId(made.id).setProperties(encode(made.state, secrets));
    }

    async read(request: Messages.ReadRequest): Promise<Messages.ReadResponse> {
        const resource = await resourceOf(typeOf(request.getUrn()));
        const state = decode(request.getProperties());
        const found = await resource.read(request.getId(), state.values, this.session(request.getUrn()));
        // An answer without an id says that it is gone.
        if (found === undefined) return new messages.ReadResponse();
        const secrets = secretsOf(resource, state);
        return new messages.ReadResponse()
            .setId(request.getId())
            .setProperties(encode(found, secrets))
            .setInputs(encode(inputsOf(found, resource.outputs), secrets));
    }

    async update(request: Messages.UpdateRequest): Promise<Messages.UpdateResponse> {
        const resource = await resourceOf(typeOf(request.getUrn()));
        const inputs = decode(request.getNews());
        const secrets = secretsOf(resource, inputs);
        if (request.getPreview()) {
            return new messages.UpdateResponse().setProperties(encode(planned(resource, inputs.values), secrets));
        }
        const before = decode(request.getOlds()).values;
        const state = await marking(resource, secrets, () =>
            resource.update(before, inputs.values, this.session(request.getUrn()), request.getId()),
        );
        return new messages.UpdateResponse().setProperties(encode(state, secrets));
    }

    async delete(request: Messages.DeleteRequest): Promise<void> {
        const resource = await resourceOf(typeOf(request.getUrn()));
        const state = decode(request.getProperties()).values;
        await resource.delete(state, this.session(request.getUrn()), request.getId());
    }

    /** The person has had enough: every request and every wait ends now. */
    cancel(): void {
        this.stop.abort(new Error("it was cancelled"));
    }

    private session(urn: string): Session {
        return {
            api: () => (this.cluster ??= openCluster(this.kubeconfig, this.stop.signal)),
            kubeconfig: () => loadKubeconfig(this.kubeconfig),
            signal: this.stop.signal,
            harbor: () => this.harbor,
            warn: (message) => {
                this.log.warn(urn, message);
            },
            say: (message) => {
                this.log.say(urn, message);
            },
        };
    }
}

/** The type token in `urn:pulumi:<stack>::<project>::<parents' types>$<type>::<name>`. */
function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function secretsOf(resource: Resource, { secrets }: Decoded): ReadonlySet<string> {
    return new Set([...secrets, ...resource.secrets]);
}

/** The state that a preview shows: what the work yields is not known yet. */
function planned({ outputs = [] }: Resource, inputs: Properties): Properties {
    return { ...inputs, ...Object.fromEntries(outputs.map((key) => [key, unknown])) };
}

/** Says of an error what is secret, and what is no input, in the state that it carries. */
async function marking<Value>(
    { outputs = [] }: Resource,
    secrets: ReadonlySet<string>,
    work: () => Promise<Value>,
): Promise<Value> {
    try {
        return await work();
    } catch (error) {
        if (error instanceof PartlyDone) Object.assign(error, { secrets, outputs } satisfies Marked);
        throw error;
    }
}

/** Mistakes in what the provider was told of a Harbor. */
function harborMistakes(values: Properties): Messages.CheckFailure[] {
    const { harborUrl: url, harborUsername, harborPassword, harborCaBundle, harborInsecure } = values;
    const failures: Messages.CheckFailure[] = [];
    if (typeof url === "string" && !isUnknown(url) && !(/^https?:\/\//.test(url) && URL.canParse(url))) {
        failures.push(failure("harborUrl", "must be a URL that begins with https:// or http://"));
    }
    if (url !== undefined && (harborUsername === undefined || harborPassword === undefined)) {
        failures.push(failure("harborUsername", "a Harbor needs a user and a password"));
    }
    if ((harborInsecure === true || harborInsecure === "true") && harborCaBundle !== undefined) {
        failures.push(failure("harborInsecure", "contradicts harborCaBundle: what is not verified needs no roots"));
    }
    return failures;
}

function failure(property: string, reason: string): Messages.CheckFailure {
    return new messages.CheckFailure().setProperty(property).setReason(reason);
}

function difference(changed: readonly string[], identity: readonly string[]): Messages.DiffResponse {
    const { DiffResponse, PropertyDiff } = messages;
    const replaces = changed.filter((key) => identity.includes(key));
    const response = new DiffResponse()
        .setChanges(changed.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE)
        .setReplacesList(replaces)
        .setDiffsList([...changed])
        .setHasdetaileddiff(true);
    for (const key of changed) {
        const kind = replaces.includes(key) ? PropertyDiff.Kind.UPDATE_REPLACE : PropertyDiff.Kind.UPDATE;
        response.getDetaileddiffMap().set(key, new PropertyDiff().setKind(kind).setInputdiff(false));
    }
    return response;
}
