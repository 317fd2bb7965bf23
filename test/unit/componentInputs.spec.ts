import assert from "node:assert/strict";

import { readInputs } from "../../plugin/components/inputs.ts";
import type { PackageSchema, ValueSpec } from "../../plugin/components/schema.ts";
import { unknown } from "../../plugin/properties.ts";

const signature = "4dabf18193072939515e22adb298388d";
const secretOf = (value: unknown) => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
const outputOf = (rest: object) => ({ [signature]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", ...rest });

const schema: PackageSchema = {
    resources: {},
    types: {
        User: {
            properties: {
                name: { type: "string", plain: true },
                role: { $ref: "#/types/Role", plain: true },
                passwords: { type: "object", additionalProperties: { type: "string" }, secret: true },
            },
            required: ["name"],
        },
        Role: { enum: [{ value: "push" }, { value: "pull" }] },
    },
};
const known = { language: { siteregistry: { known: true } } };
const inputProperties: Record<string, ValueSpec> = {
    host: { type: "string", plain: true },
    replicas: { type: "number", plain: true },
    image: { type: "string" },
    hosts: { type: "array", items: { type: "string" } },
    users: { type: "array", items: { $ref: "#/types/User", ...known }, ...known },
    labels: { type: "object", additionalProperties: { type: "string", plain: true }, plain: true },
};

function read(raw: Record<string, unknown>) {
    const spec = { inputProperties, requiredInputs: ["host"] };
    return readInputs(raw, spec, schema, (later) => ({ lifted: later }));
}

describe("a component's inputs from another language", () => {
    it("are handed on as they came where all is well", () => {
        const labels = { team: "a" };
        const { inputs, mistakes } = read({
            host: "h",
            replicas: 2,
            image: "i",
            labels,
            port: null,
            users: outputOf({ value: null }),
            hosts: ["a"],
        });
        assert.deepEqual(mistakes, []);
        assert.deepEqual(inputs, {
            ...{ host: "h", replicas: 2, labels },
            ...{ image: { lifted: "i" }, hosts: { lifted: ["a"] } },
        });
    });

    it("name every mistake with its place and what is wanted there", () => {
        const users = [{ name: "ci", role: "admin", nme: 1 }, "reader", { role: "pull" }];
        const { mistakes } = read({ replicas: "2", image: 7, users, labels: { team: true }, hosts: "a", port: 5 });
        assert.deepEqual(mistakes, [
            'replicas: must be a number; "2" is a text',
            "image: must be a text; 7 is a number",
            'users[0].role: must be one of push, pull; "admin" is a text',
            "users[0].nme: there is no such property; there are name, role, passwords",
            'users[1]: must be an object with name; "reader" is a text',
            "users[2].name: is missing; it must be a text",
            "labels.team: must be a text; true is a boolean",
            'hosts: must be a list, each of it a text; "a" is a text',
            "port: there is no such property; there are host, replicas, image, hosts, users, labels",
            "host: is missing; it must be a text",
        ]);
    });

    it("show no secret", () => {
        const users = [{ name: "ci", passwords: { ci: secretOf(31415) } }];
        assert.deepEqual(read({ host: "h", users }).mistakes, [
            "users[0].passwords.ci: must be a text; the secret there is a number",
        ]);
        const other = [{ name: "ci", passwords: { ci: 31415 } }];
        assert.doesNotMatch(read({ host: "h", users: other }).mistakes.join(), /31415/);
    });

    it("may come later where the component takes that, and only there", () => {
        const later = outputOf({});
        const users = [{ name: "ci", passwords: { ci: later } }];
        const { inputs, mistakes } = read({ host: "h", image: unknown, users, hosts: later });
        assert.deepEqual(mistakes, []);
        assert.deepEqual(inputs, {
            ...{ host: "h", image: { lifted: unknown }, hosts: { lifted: later } },
            users: [{ name: "ci", passwords: { lifted: { ci: later } } }],
        });
        const reason = "must be known before anything is made, and comes of what is not there yet";
        assert.deepEqual(read({ host: later, users: unknown }).mistakes, [`host: ${reason}`, `users: ${reason}`]);
    });

    it("are plain where they must be known, though they came of another resource", () => {
        assert.deepEqual(read({ host: outputOf({ value: "h", dependencies: ["urn"] }) }).inputs, { host: "h" });
    });

    it("must not be secret where names are made of them", () => {
        assert.deepEqual(read({ host: secretOf("h") }).mistakes, [
            "host: must not be secret as a whole; what is secret in it is kept so by itself",
        ]);
    });
});
