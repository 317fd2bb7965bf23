import { isDeepStrictEqual } from "node:util";

import type { Properties } from "../properties.ts";
import type { Failure, Session } from "../resource.ts";
import { idOf, type Collection, type Item } from "./collection.ts";
import { isHarbor } from "./harborError.ts";
import type { Harbor } from "./harbor.ts";

/** The one of that name. Harbor's own search ignores keys it does not know and some characters, so names are compared here. */
export async function named(harbor: Harbor, collection: Collection, name: string): Promise<Item | undefined> {
    const listed = await harbor.list(collection);
    return [...listed.values()].find((item) => item.name === name);
}

/** The Harbor that the provider was told of. */
export function harborOf(session: Session): Harbor {
    const harbor = session.harbor();
    if (harbor === undefined) throw new Error("the provider was not told of a Harbor: it needs harborUrl");
    return harbor;
}

/** What is wrong with a name that is to be new there. */
export async function nameTaken(
    harbor: Harbor,
    collection: Collection,
    name: string,
    adopt: unknown,
): Promise<Failure[]> {
    const found = await named(harbor, collection, name);
    if (found === undefined || adopt === true) return [];
    return [{ property: "name", reason: takenReason(collection, idOf(collection, found)) }];
}

function takenReason({ noun }: Collection, id: string): string {
    return `is the name of another ${noun} of this Harbor (its id is ${id}): take another name, set adopt to true to take it over, or import it`;
}

/** Makes a thing, or takes over the one of that name where it may. `takeOver` brings that to what is wanted. */
export async function makeNamed(
    harbor: Harbor,
    collection: Collection,
    { name, adopt }: { name: string; adopt: unknown },
    body: Properties,
    takeOver: (id: string) => Promise<void>,
): Promise<string> {
    const look = async (): Promise<string | undefined> => {
        harbor.forget(collection);
        const found = await named(harbor, collection, name);
        return found === undefined ? undefined : idOf(collection, found);
    };
    if (adopt === true) {
        const found = await named(harbor, collection, name);
        if (found !== undefined) {
            await takeOver(idOf(collection, found));
            return idOf(collection, found);
        }
    }
    try {
        return await harbor.make(collection.path, body, look);
    } catch (error) {
        if (!isHarbor(error, 409)) throw error;
        const id = await look();
        if (id === undefined) throw error;
        throw new Error(`name: ${takenReason(collection, id)}`, { cause: error });
    }
}

/** Removes a thing. What is gone already is no error, and content nobody asks about. */
export async function removeNumbered(harbor: Harbor, collection: Collection, id: string): Promise<void> {
    try {
        await harbor.send("DELETE", `${collection.path}/${id}`);
    } catch (error) {
        if (!isHarbor(error, 404)) throw error;
    }
    await harbor.reread(collection, id);
}

/** Warns where Harbor keeps something otherwise than it was told, without showing it. */
export function warnOfChange(wanted: Properties, kept: Properties, session: Session, noun: string): void {
    const keys = Object.keys(wanted).filter((key) => !isDeepStrictEqual(wanted[key], kept[key]));
    if (keys.length > 0)
        session.warn(`Harbor keeps of this ${noun} something else than it was told: ${keys.join(", ")}`);
}

/** An id as the engine keeps it: the number of the thing. */
export function checkedId(id: string, { noun }: Collection): string {
    if (/^[1-9]\d*$/.test(id)) return id;
    throw new Error(`the id ${id} is none: it is the number that Harbor gives the ${noun}`);
}
