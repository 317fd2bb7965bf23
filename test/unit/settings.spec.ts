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
        assert.deepEqual(settings.registry.users, [{ name: "registry", role: "push", generations: [1] }]);
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

    it("lets the client kit only into a namespace that will be there, and only beside a registry", () => {
        assert.match(mistakes({ clientKit: {} })[0] ?? "", /^clientKit: .*nothing to trust without a `registry`/);
        const refused = mistakes({ ...good, clientKit: { namespace: "node-ca-trust" } });
        assert.match(refused.join("\n"), /^clientKit\.namespace: is "node-ca-trust"; allowed are/);
        assert.deepEqual(mistakes({ ...good, clientKit: { namespace: "kube-infra" } }), []);
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
            "registry.certificate.validityHours: is 100; allowed is at most caValidityHours, 50",
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

    it("refuses hosts and ways in that do not fit, each by its key", () => {
        const lines = mistakes({
            registry: {
                host: "https://registry.example.org",
                extraHosts: ["registry.example.org/path", "registry", "registry.example.org:70000", "192.0.2.7:5000"],
                clusterIP: "10.96.0",
                nodePort: { port: 443 },
                ingress: { annotations: { "traefik.ingress.kubernetes.io/router.tls": "false" } },
                loadBalancer: { port: 0, sourceRanges: ["192.0.2.1"] },
            },
            nodeTrust: {},
        });
        for (const start of [
            'registry.host: is "https://registry.example.org"; allowed is a full lower-case DNS name without scheme',
            'registry.extraHosts.0: is "registry.example.org/path"; allowed is',
            'registry.extraHosts.1: is "registry"; a name without a dot needs a port',
            'registry.extraHosts.2: is "registry.example.org:70000"; the port must be',
            'registry.clusterIP: is "10.96.0"; allowed is an IP address',
            "registry.nodePort.port: is 443; allowed are 30000 to 32767",
            "registry.ingress.annotations: is ",
            "registry.loadBalancer.port: is 0; allowed are 1 to 65535",
            'registry.loadBalancer.sourceRanges.0: is "192.0.2.1"; allowed is a range',
        ]) {
            assert.ok(
                lines.some((line) => line.startsWith(start)),
                `${start}\n${lines.join("\n")}`,
            );
        }
    });

    it("refuses a section of another exposure, and an address where names decide", () => {
        const lines = mistakes({
            registry: { host: "192.0.2.7:5000", exposure: "gateway", nodePort: {}, ingress: {} },
            nodeTrust: {},
        });
        for (const start of [
            "registry.nodePort: is {}; belongs to the exposure nodePort, but registry.exposure is gateway",
            "registry.ingress: is {}; belongs to the exposure ingress",
            "registry.gateway: is missing; the exposure gateway needs",
            'registry.host: is "192.0.2.7:5000"; with the exposure gateway allowed are names only',
        ]) {
            assert.ok(
                lines.some((line) => line.startsWith(start)),
                `${start}\n${lines.join("\n")}`,
            );
        }
    });

    it("checks passwords without showing one", () => {
        const long = "correct horse battery staple ".repeat(3);
        const lines = mistakes({ ...good, passwords: { registry: long, nobody: "hunter2", empty: "" } }, ["passwords"]);
        const text = lines.join("\n");
        assert.match(text, /^passwords\.registry: is 87 bytes long, at most 72 are allowed$/m);
        assert.match(text, /^passwords\.nobody: no such login; registry\.users has registry$/m);
        assert.match(text, /^passwords\.empty: must be a text that is not empty/m);
        assert.doesNotMatch(text, /hunter2|battery/);
    });

    it("refuses passwords that shells and compose files change", () => {
        const passwords = { registry: "it's", second: 'say "so"', third: "$HOME", fourth: "plain words" };
        const users = Object.keys(passwords).map((name) => ({ name }));
        const lines = mistakes({ ...good, registry: { ...good.registry, users }, passwords }, ["passwords"]);
        assert.deepEqual(
            lines.map((line) => line.split(":")[0]),
            ["passwords.registry", "passwords.second", "passwords.third"],
        );
    });

    it("refuses logins that clash, generations that fall, and users who could never fill the registry", () => {
        const withUsers = (users: unknown[]): string =>
            mistakes({ ...good, registry: { ...good.registry, users } }).join("\n");
        assert.match(
            withUsers([{ name: "ci", generations: [1, 2] }, { name: "ci.2" }]),
            /^registry\.users: .*the login ci\.2 is named twice/,
        );
        assert.match(
            withUsers([{ name: "ci", generations: [2, 1] }]),
            /^registry\.users\.0\.generations: .*rising numbers/,
        );
        assert.match(withUsers([{ name: "ci", role: "pull" }]), /^registry\.users: .*no user has the role push/);
        assert.match(withUsers([{ name: "a:b" }]), /^registry\.users\.0\.name: is "a:b"/);
    });

    it("refuses labels that are the program's own, and tolerations that say two things", () => {
        const registry = {
            ...good.registry,
            labels: { "app.kubernetes.io/name": "mine" },
            scheduling: { tolerations: [{ operator: "Exists", value: "x" }] },
        };
        const text = mistakes({ ...good, registry }).join("\n");
        assert.match(text, /^registry\.labels: .*belong to the program/m);
        assert.match(text, /^registry\.scheduling\.tolerations\.0\.value: /m);
    });

    it("refuses two objects of one kind with one name", () => {
        const clashes = (registry: Record<string, unknown>, clientKit?: unknown): string[] =>
            mistakes({
                ...good,
                registry: { ...good.registry, ...registry },
                ...(clientKit === undefined ? {} : { clientKit }),
            }).map((line) => line.split(":")[0] ?? "");
        assert.deepEqual(clashes({ objectNames: { certs: "same", users: "same" } }), [
            "registry.objectNames.certs",
            "registry.objectNames.users",
        ]);
        assert.deepEqual(clashes({ objectNames: { certs: "image-registry-users" } }), ["registry.objectNames.certs"]);
        assert.deepEqual(clashes({ objectNames: { config: "image-registry-users" } }), []);
        assert.deepEqual(clashes({}, { name: "image-registry-config" }), ["clientKit.name"]);
        assert.deepEqual(clashes({}, { name: "image-registry-config", namespace: "elsewhere" }), []);
    });

    it("refuses a limit below what is requested, in whatever units", () => {
        const registry = {
            ...good.registry,
            resources: { requests: { cpu: "0.5", memory: "1Gi" }, limits: { cpu: "400m", memory: "1024Mi" } },
            gate: { resources: { limits: { memory: "1Mi" } } },
        };
        assert.deepEqual(
            mistakes({ ...good, registry }).map((line) => line.split(":")[0]),
            ["registry.gate.resources.limits.memory", "registry.resources.limits.cpu"],
        );
    });

    it("refuses a range of addresses that does not begin itself", () => {
        const lines = (sourceRanges: string[]): (string | undefined)[] => {
            const registry = { ...good.registry, exposure: "loadBalancer", loadBalancer: { sourceRanges } };
            return mistakes({ ...good, registry }).map((line) => line.split(":")[0]);
        };
        assert.deepEqual(
            lines(["192.0.2.0/24", "10.0.0.0/10", "0.0.0.0/0", "fd00::/8", "2001:db8::7/128", "::/0"]),
            [],
        );
        const bad = ["192.0.2.7/24", "10.250.0.0/10", "fd00::7/64", "2001:db8:1::/33"];
        assert.deepEqual(
            lines(bad),
            bad.map((_range, index) => `registry.loadBalancer.sourceRanges.${index.toString()}`),
        );
    });
});
