import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { readSettings } from "../../settings.ts";
import { configure, stackFile } from "../support/configuration.ts";

/** The lines of the one error that reading these values gives. */
function mistakes(values: Record<string, unknown>, secretKeys: string[] = []): string[] {
    configure(values, secretKeys);
    try {
        readSettings();
    } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error), "the error shows without a stack");
        return error.message.split("\n  ").slice(1);
    }
    return [];
}

const good = { registry: { host: "registry.example.org" }, nodeTrust: {} };

describe("settings", () => {
    it("fills in every default", () => {
        configure(good);
        const settings = readSettings();
        assert.equal(settings.clusterDomain, "cluster.local");
        assert.equal(settings.registry?.namespace, "kube-infra");
        assert.deepEqual(settings.registry.users, [{ name: "registry" }]);
        assert.equal(settings.registry.storage.keepOnDestroy, true);
        assert.equal(settings.nodeTrust?.registryDirectory, "/etc/containerd/certs.d");
    });

    it("accepts the committed stacks", () => {
        assert.deepEqual(mistakes(stackFile("dev")), []);
    });

    it("lists every mistake at once, each with key, value and what is allowed", () => {
        const lines = mistakes({
            registry: { host: "Not A Host", namespace: "kube_infra", storage: { size: "big" }, user: [] },
            nodetrust: {},
        });
        // Six, because without its section nothing trusts the registry that the proof is for.
        assert.equal(lines.length, 6, lines.join("\n"));
        const text = lines.join("\n");
        assert.match(text, /^nodetrust: no such setting; known are .*nodeTrust/m);
        assert.match(text, /^registry\.host: is "Not A Host"; allowed is a full lower-case DNS name/m);
        assert.match(text, /^registry\.namespace: is "kube_infra"; allowed are/m);
        assert.match(text, /^registry\.storage\.size: is "big"; allowed is a whole number/m);
        assert.match(text, /^registry\.user: no such setting; known are name, namespace, /m);
    });

    it("names what is missing", () => {
        assert.deepEqual(mistakes({ registry: {}, nodeTrust: {} }).length, 1);
        assert.match(mistakes({ registry: {}, nodeTrust: {} })[0] ?? "", /^registry\.host: is missing/);
    });

    it("says which parts need each other", () => {
        assert.match(mistakes({ nodeTrust: {} })[0] ?? "", /nothing to trust without a `registry` section/);
        assert.match(
            mistakes({ registry: { host: "registry.example.org" } })[0] ?? "",
            /nodes cannot pull before they trust/,
        );
    });

    it("takes a section that is no object as a mistake", () => {
        assert.equal(mistakes({ registry: "yes", nodeTrust: {} }).length > 0, true);
    });

    it("refuses a floating tag", () => {
        const lines = mistakes({ ...good, nodeTrust: { image: "docker.io/library/registry:latest" } });
        assert.match(lines[0] ?? "", /nodeTrust\.image: .*latest is not allowed/);
    });

    it("refuses what would only fail half-way through an update", () => {
        const lines = mistakes({
            registry: {
                host: "registry.example.org",
                name: "0registry",
                extraHosts: ["registry.example.org"],
                clusterHosts: ["node.example.org", "192.0.2.7", "1.2", "host:5000"],
                pullSecret: { namespaces: ["apps", "apps"] },
                certificate: { validityHours: 100, caValidityHours: 50, earlyRenewalHours: 10 },
            },
            nodeTrust: {},
        });
        for (const start of [
            'registry.name: is "0registry"; allowed are',
            'registry.clusterHosts.2: is "1.2"; allowed is an IP address',
            'registry.clusterHosts.3: is "host:5000"; allowed is an IP address',
            "registry.pullSecret.namespaces: is ",
            "registry.certificate: is ",
        ]) {
            assert.ok(
                lines.some((line) => line.startsWith(start)),
                `${start}\n${lines.join("\n")}`,
            );
        }
        const clash = { registry: { host: "registry.example.org", namespace: "node-ca-trust" }, nodeTrust: {} };
        assert.match(mistakes(clash)[0] ?? "", /^registry\.namespace: .*each make a namespace of their own/);
        const inside = { host: "registry.example.org", pullSecret: { namespaces: ["kube-infra"] } };
        assert.match(mistakes({ registry: inside, nodeTrust: {} })[0] ?? "", /not those this stack makes/);
    });

    it("checks passwords without showing one", () => {
        const long = "correct horse battery staple ".repeat(3);
        const lines = mistakes({ ...good, passwords: { registry: long, nobody: "hunter2", empty: "" } }, ["passwords"]);
        const text = lines.join("\n");
        assert.match(text, /^passwords\.registry: is 87 bytes long, at most 72 are allowed$/m);
        assert.match(text, /^passwords\.nobody: no such user; registry\.users has registry$/m);
        assert.match(text, /^passwords\.empty: must be a text that is not empty/m);
        assert.doesNotMatch(text, /hunter2|battery/);
    });
});
