import { isRecord } from "../../settings/record.ts";
import { Refusal } from "../ca/refusal.ts";

/** What a preview would do with one resource. */
export interface Change {
    readonly action: "created" | "updated" | "replaced" | "deleted";
    readonly type: string;
    readonly name: string;
    /** Paths of the inputs that differ. Never their values. */
    readonly keys: readonly string[];
    /** Whether it holds what cannot be made again: images, a volume's claim, a key that others trust. */
    readonly persistent: boolean;
}

/** What a preview says: its changes, and its errors. */
export interface Preview {
    readonly changes: readonly Change[];
    readonly errors: readonly string[];
}

const actions: Readonly<Record<string, Change["action"]>> = {
    create: "created",
    update: "updated",
    replace: "replaced",
    delete: "deleted",
};

const persistentTypes = new RegExp(
    `[:/](${[
        ...["Namespace", "PersistentVolume", "PersistentVolumeClaim", "PersistentVolumePatch"],
        ...["PrivateKey", "SelfSignedCert", "RandomPassword", "HarborProject", "HarborRobot"],
        // Quay's operator deletes its database with it. The component of that name is of another package.
        ...["v1:QuayRegistry", "QuayFirstUser", "QuayOrganization", "QuayRepository", "QuayRobot", "OkdImageStream"],
    ].join("|")})$`,
);

/** Whether a resource of that type holds what cannot be made again: images, a volume's claim, a key that others trust. */
export function isPersistent(type: string): boolean {
    return persistentTypes.test(type);
}

/** Reads what `pulumi preview --json` prints. Throws a `Refusal` for anything else. */
export function readPreview(text: string): Preview {
    const remedy = "it is made by: npx pulumi preview --json";
    let content: unknown;
    try {
        content = JSON.parse(text);
    } catch {
        throw new Refusal("--preview: is no JSON", remedy);
    }
    if (!isRecord(content)) throw new Refusal("--preview: is no preview", remedy);
    const steps = Array.isArray(content.steps) ? content.steps.filter(isRecord) : [];
    const diagnostics = Array.isArray(content.diagnostics) ? content.diagnostics.filter(isRecord) : [];
    const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => String(message));
    if (steps.length === 0 && errors.length === 0) throw new Refusal("--preview: has no steps and no errors", remedy);
    return { changes: steps.flatMap(changeOf), errors: [...new Set(errors)] };
}

function changeOf(step: Record<string, unknown>): Change[] {
    const action = actions[String(step.op)];
    const parts = String(step.urn).split("::");
    const type = (parts.at(-2) ?? "").split("$").at(-1) ?? "";
    // Of the three steps of a replacement one is the replacement itself.
    if (action === undefined || type === "pulumi:pulumi:Stack") return [];
    // Whoever reviews has another kubeconfig than who makes.
    if (action === "updated" && type.startsWith("pulumi:providers:")) return [];
    const detailed = isRecord(step.detailedDiff) ? Object.keys(step.detailedDiff) : [];
    const reasons = Array.isArray(step.diffReasons) ? step.diffReasons.map(String) : [];
    const keys = action === "updated" || action === "replaced" ? (detailed.length > 0 ? detailed : reasons) : [];
    return [{ action, type, name: parts.at(-1) ?? "", keys, persistent: isPersistent(type) }];
}
