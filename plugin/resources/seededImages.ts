import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { placementLayouts, placementMistakes, type PlacementLayout } from "../../components/images/placement.ts";
import { isDigest } from "../../components/images/reference.ts";
import { listedOf, wantedOf, type ListEntry } from "../images/plan.ts";
import type { ServicePort } from "../images/podTunnel.ts";
import { openRoute, reaches, type Reach, type Route } from "../images/route.ts";
import { Seeder } from "../images/seeding.ts";
import { openSource, sourceKinds, type SourceGiven } from "../images/source.ts";
import { nameOf, type Wanted } from "../images/wanted.ts";
import { isUnknown, type Properties } from "../properties.ts";
import { PartlyDone, textsMissing, type Failure, type Resource, type Session } from "../resource.ts";

/** What is asked for. */
interface Seeded {
    source: SourceGiven;
    sourcePassword?: string;
    list?: ListEntry[];
    layout: PlacementLayout;
    folder?: string;
    /** `host[:port]`, as image references name it. */
    host: string;
    plainHttp: boolean;
    insecure: boolean;
    user?: string;
    password?: string;
    caBundle?: string;
    address?: string;
    reach: Reach;
    service?: ServicePort;
    concurrency: number;
    patienceSeconds: number;
    attached: boolean;
}

/** A state of it. */
interface State extends Seeded {
    images: Wanted[];
    /** Names that a refresh did not find. Never given. */
    missing?: string[];
}

const defaults = {
    ...{ layout: "path", reach: "auto", concurrency: 4, patienceSeconds: 120 },
    ...{ plainHttp: false, insecure: false, attached: true },
};
/** What decides which images are wanted. */
const planned = ["source", "list", "layout", "folder", "attached"] as const;

/** Images of a source that a registry has. They are the registry's: deleting this deletes none. */
export const seededImages: Resource = {
    type: "siteregistry:index:SeededImages",
    secrets: ["password", "sourcePassword"],
    identity: ["host"],
    outputs: ["images"],
    quiet: ["concurrency", "patienceSeconds"],

    check(given, before) {
        const inputs: Properties = { ...defaults, ...given };
        return Promise.resolve({ inputs, failures: mistakesOf(inputs, before) });
    },

    async create(inputs, session) {
        const seeded = inputs as unknown as Seeded;
        const id = seeded.host;
        return { id, state: await seed(id, inputs, undefined, session) };
    },

    async read(id, state, session) {
        if (Object.keys(state).length === 0) throw new Error(`${id} cannot be imported: let \`up\` make it anew`);
        const { images } = state as unknown as State;
        const kept = Object.fromEntries(Object.entries(state).filter(([key]) => key !== "missing"));
        try {
            const missing = await reaching(state, session, (seeder) => seeder.missing(images));
            return missing.length === 0 ? kept : { ...kept, missing: missing.map(nameOf) };
        } catch (error) {
            // What cannot be looked at is not taken as gone: `up` asks again.
            session.warn(`the images could not be looked at, and are taken to be there: ${(error as Error).message}`);
            return state;
        }
    },

    update: (before, inputs, session, id) => seed(id, inputs, before as unknown as State, session),

    delete(state, session) {
        const { images, host } = state as unknown as State;
        session.warn(`${images.length.toString()} images stay at ${host}: they are the registry's to keep or delete`);
        return Promise.resolve();
    },
};

/** Brings what is missing. Where it fails, the resource is there as not done, and the next `up` goes on. */
async function seed(id: string, inputs: Properties, before: State | undefined, session: Session): Promise<Properties> {
    const seeded = inputs as unknown as Seeded;
    const open = () =>
        openSource(seeded.source, {
            password: seeded.sourcePassword,
            list: listedOf(seeded.list),
            say: session.say,
            signal: session.signal,
        });
    // What is known need not be read again: where nothing is missing, the bundle may be on a disk that is gone.
    const same = before !== undefined && planned.every((key) => isDeepStrictEqual(before[key], seeded[key]));
    let images = same && before.images.length > 0 ? before.images : undefined;
    try {
        let source = images === undefined ? await open() : undefined;
        images ??= wantedOf(await attachedOnly(source, seeded), {
            ...seeded,
            list: seeded.list,
            folder: seeded.folder,
        });
        const wanted = images;
        await reaching(inputs, session, async (seeder) => {
            session.say(`looking for ${wanted.length.toString()} images at ${seeded.host}`);
            const missing = await seeder.missing(wanted);
            if (missing.length > 0) await seeder.copy(missing, (source ??= await open()));
        });
        return { ...inputs, images };
    } catch (error) {
        throw new PartlyDone((error as Error).message, { id, state: { ...inputs, images: images ?? [] } });
    }
}

async function attachedOnly(source: Awaited<ReturnType<typeof openSource>> | undefined, { list, attached }: Seeded) {
    const found = (await source?.find(listedOf(list))) ?? [];
    return attached ? found : found.map((one) => ({ ...one, attached: [] }));
}

/** Does something with the registry, over the way that leads there. */
async function reaching<Value>(
    inputs: Properties,
    session: Session,
    work: (seeder: Seeder) => Promise<Value>,
): Promise<Value> {
    const { host, plainHttp, user, password, caBundle, insecure, ...seeded } = inputs as unknown as Seeded;
    const url = `${plainHttp ? "http" : "https"}://${host}`;
    const { reach, address, service, concurrency, patienceSeconds } = seeded;
    const { kubeconfig, say, signal } = session;
    const connection = { url, username: user, password, caBundle, insecure };
    const route: Route = await openRoute({ connection, reach, address, service, kubeconfig });
    const seeder = new Seeder({ route, concurrency, patienceSeconds, say, signal });
    try {
        return await work(seeder);
    } finally {
        seeder.close();
        route.close();
    }
}

/** Everything that is wrong with the inputs, by key. What is not known yet passes. */
function mistakesOf(inputs: Properties, before: Properties | undefined): Failure[] {
    const failures: Failure[] = textsMissing(inputs, ["host"]);
    const refuse = (property: string, reason: string): void => {
        failures.push({ property, reason });
    };
    for (const [key, allowed] of [
        ["layout", placementLayouts],
        ["reach", reaches],
    ] as const) {
        const value = inputs[key];
        if (!isUnknown(value) && !allowed.some((one) => one === value))
            refuse(key, `allowed are ${allowed.join(", ")}`);
    }
    const { concurrency, patienceSeconds, list, user, password, plainHttp, caBundle, insecure } = inputs;
    if (!isUnknown(concurrency) && !(Number.isInteger(concurrency) && Number(concurrency) > 0))
        refuse("concurrency", "must be a whole number from 1");
    if (!isUnknown(patienceSeconds) && !(typeof patienceSeconds === "number" && patienceSeconds >= 0))
        refuse("patienceSeconds", "must be a number of seconds");
    if ((user === undefined) !== (password === undefined)) refuse("user", "a login is a user and a password");
    if (plainHttp === true && caBundle !== undefined) refuse("caBundle", "there is nothing to verify without TLS");
    if (insecure === true && caBundle !== undefined) refuse("insecure", "contradicts caBundle");
    if (inputs.reach === "cluster" && inputs.service === undefined)
        refuse("service", "is missing: reach is cluster, so a Service must be named");
    failures.push(...sourceMistakes(inputs, before));
    if (list !== undefined && !isUnknown(list)) failures.push(...listMistakes(inputs));
    return failures;
}

function sourceMistakes({ source, list, sourcePassword }: Properties, before: Properties | undefined): Failure[] {
    const given = (source ?? {}) as Partial<Record<keyof SourceGiven, unknown>>;
    const { kind, path, sha256, host, user } = given;
    const failures: Failure[] = [];
    const refuse = (key: string, reason: string): void => {
        failures.push({ property: key === "" ? "source" : `source.${key}`, reason });
    };
    if (isUnknown(source)) return [];
    if (!sourceKinds.some((one) => one === kind)) {
        refuse("kind", `is ${JSON.stringify(kind)}; allowed are ${sourceKinds.join(", ")}`);
        return failures;
    }
    if (kind === "registry") {
        if (typeof host !== "string" || host === "") refuse("host", "is missing: the registry to copy from");
        if ((user === undefined) !== (sourcePassword === undefined)) refuse("user", "a login is a user and a password");
    } else if (typeof path !== "string" || path === "") refuse("path", "is missing: where it is on this machine");
    // What is there already needs no source, so a path that is gone is only told where it is needed for sure.
    else if (before === undefined && !existsSync(path)) refuse("path", `there is nothing at ${path}`);
    if ((kind === "bundle" || kind === "archive") && !/^[0-9a-fA-F]{64}$/.test(String(sha256)))
        refuse("sha256", "must be the SHA-256 of the whole file, 64 hexadecimal digits");
    if ((kind === "registry" || kind === "archive") && (!Array.isArray(list) || list.length === 0))
        failures.push({
            property: "list",
            reason: `is missing: a source of the kind ${kind} must be told what to take`,
        });
    return failures;
}

function listMistakes({ list, layout, folder }: Properties): Failure[] {
    if (!Array.isArray(list)) return [{ property: "list", reason: "must be a list" }];
    const entries = list as ListEntry[];
    const failures = entries.flatMap(({ digest }, index) =>
        digest === undefined || isDigest(digest)
            ? []
            : [{ property: `list[${index.toString()}].digest`, reason: "must be sha256: and 64 hexadecimal digits" }],
    );
    const args = { layout: layout as PlacementLayout, folder: folder as string | undefined };
    return [...failures, ...placementMistakes(entries, args).map((reason) => ({ property: "list", reason }))];
}
