import { isRecord } from "../../settings/record.ts";
import { excepted, names, type Rule } from "../rule.ts";
import { texts } from "../values.ts";

/** Keys that hold a password by itself. */
const key = /(^|[._-])(password|passwd|adminpassword|harborpassword|secretkey)$/i;

export const noDefaultPasswords: Rule = {
    id: "no-default-passwords",
    level: "mandatory",
    description: "No password that everybody knows.",
    reason: "it is the first that is tried",
    remedy: "let it be generated, or set another with: npx pulumi config set --secret",
    settings: {
        known: names(
            ...["Harbor12345", "admin", "admin123", "password", "changeme", "changeit", "secret", "minioadmin"],
            ...["registry", "quay", "root", "test", "12345678"],
        ),
    },
    check: ({ type, name, props }, config) => {
        const inObject = isRecord(props.stringData) ? texts(props.stringData, "stringData") : [];
        const data = isRecord(props.data) && type.endsWith(":Secret") ? texts(props.data, "data") : [];
        const decoded = data.map(({ path, text }) => ({ path, text: Buffer.from(text, "base64").toString() }));
        const all = type.startsWith("kubernetes:") ? [...inObject, ...decoded] : texts(props);
        const found = all.filter(({ path, text }) => key.test(path) && excepted(config, "known", text));
        // curl's form of a login, and htpasswd's in plain text; the password itself is never repeated.
        const lines = inObject.filter(({ text }) =>
            text
                .split("\n")
                .some((line) => excepted(config, "known", /^user = "?[^:]+:([^"]*)"?$/.exec(line)?.[1] ?? "")),
        );
        return [...new Set([...found, ...lines].map(({ path }) => path))].map(
            (path) => `${path} of ${name} is a password that everybody knows`,
        );
    },
};
