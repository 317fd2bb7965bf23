import assert from "node:assert/strict";

import fc from "fast-check";

import { hostProblem, parseHost, routedNames } from "../../components/registry/hosts.ts";

describe("hosts", () => {
    it("are a name, or a name or address with a port", () => {
        for (const host of ["registry.example.org", "registry.example.org:5000", "image-registry:30500", "a:1"]) {
            assert.equal(hostProblem(host), undefined, host);
        }
        for (const host of ["192.0.2.7", "192.0.2.7:65535"]) assert.equal(parseHost(host).isAddress, true, host);
        const { text, name, port, isAddress } = parseHost("image-registry:30500");
        assert.deepEqual([text, name, port, isAddress], ["image-registry:30500", "image-registry", 30500, false]);
    });

    it("have no scheme, path, capitals, or port out of range", () => {
        const bad = [
            "https://a.b",
            "a.b/c",
            "A.b",
            "a..b",
            "-a.b",
            "a.b:",
            "a.b:0",
            "a.b:65536",
            "a.b:05",
            "a:1:2",
            "",
            ":5",
        ];
        for (const host of [...bad, "1.2", "300.1.1.1", "[::1]:5000", "a_b:5000", `${"a".repeat(64)}.b`]) {
            assert.notEqual(hostProblem(host), undefined, host);
            assert.throws(() => parseHost(host), host);
        }
        assert.match(hostProblem("registry") ?? "", /needs a port/);
        assert.match(hostProblem("a.b:70000") ?? "", /1 to 65535/);
    });

    it("give back what they are made of", () => {
        const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/);
        const parts = fc.tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 65535 }));
        fc.assert(
            fc.property(parts, ([labels, port]) => {
                const name = labels.join(".");
                const { text, ...rest } = parseHost(`${name}:${port.toString()}`);
                assert.equal(text, `${name}:${port.toString()}`);
                assert.deepEqual(rest, { name, port, isAddress: false });
            }),
        );
    });

    it("are routed by name, each once, without port", () => {
        assert.deepEqual(routedNames(["a.b", "a.b:5000", "image-registry:5000", "192.0.2.7:5000"]), [
            "a.b",
            "image-registry",
        ]);
    });
});
