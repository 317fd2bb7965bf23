import { excepted, names, type Rule } from "../rule.ts";
import { at } from "../values.ts";

export const keptData: Rule = {
    id: "kept-data",
    level: "mandatory",
    description: "What holds the images stays after destroy.",
    reason: "images that cannot be fetched again are gone with one command",
    remedy: "leave registry.storage.keepOnDestroy as it is (true), or name the part in `disposable` of this policy",
    settings: { disposable: names() },
    check: ({ type, name, props }, config) => {
        if (excepted(config, "disposable", name)) return [];
        if (type.endsWith(":RegistryStack")) {
            const kind = at(props, "storage", "kind");
            if (kind === "emptyDir") return ["storage.kind is emptyDir, which ends with its pod"];
            const given = at(props, "storage", "keepOnDestroy") === false;
            return given && (kind === "volume" || kind === undefined) ? ["storage.keepOnDestroy is false"] : [];
        }
        const policy = at(props, "spec", "persistentVolumeReclaimPolicy");
        const volume = /:PersistentVolume(Patch)?$/.test(type);
        return volume && policy === "Delete" ? ["persistentVolumeReclaimPolicy is Delete"] : [];
    },
};
