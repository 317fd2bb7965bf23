import assert from "node:assert/strict";

import { chartValueMistakes, merged, ownValues } from "../../components/harbor/chartValues.ts";

const secrets = { certificate: "c", token: "t", roots: "r", admin: "a", keys: "k" };

describe("the values of Harbor's chart", () => {
    it("name Secrets and the public address, and hold no secret", () => {
        const values = ownValues("https://harbor.site.test:8443", secrets, true);
        assert.equal(values.externalURL, "https://harbor.site.test:8443");
        assert.deepEqual((values.expose as Record<string, unknown>).ingress, { hosts: { core: "harbor.site.test" } });
        assert.deepEqual(chartValueMistakes({ database: { external: { password: "" } } }), []);
        assert.ok(!/[Pp]assword":"(?!a"|HARBOR)/.test(JSON.stringify(values)));
    });

    it("of a person stay beside the stack's own", () => {
        const given = { expose: { type: "nodePort", ingress: { className: "traefik" } }, core: { replicas: 2 } };
        const all = merged(given, ownValues("https://h.test", secrets, false));
        assert.deepEqual(all.expose, {
            type: "nodePort",
            ingress: { className: "traefik", hosts: { core: "h.test" } },
            tls: { enabled: true, certSource: "secret", secret: { secretName: "c" } },
        });
        assert.equal((all.core as Record<string, unknown>).replicas, 2);
        assert.equal((all.core as Record<string, unknown>).secretName, "t");
    });

    it("that the stack sets itself, or that are secret, are refused by path", () => {
        const mistakes = chartValueMistakes({
            externalURL: "https://other.test",
            harborAdminPassword: "hunter2",
            expose: { tls: { enabled: false }, type: "ingress" },
            registry: { credentials: { password: "hunter2" }, replicas: 2 },
            database: { external: { password: "hunter2", existingSecret: "mine" } },
            trivy: { gitHubToken: "hunter2" },
        });
        assert.deepEqual(
            mistakes.map(({ path, message }) => `${path.join(".")}: ${message.split(":")[0] ?? ""}`),
            [
                "externalURL: the stack sets it itself",
                "harborAdminPassword: the stack sets it itself",
                "expose.tls.enabled: the stack sets it itself",
                "registry.credentials.password: the stack sets it itself",
                "database.external.password: would stand in plain text",
                "trivy.gitHubToken: would stand in plain text",
            ],
        );
        assert.ok(mistakes.every(({ secret }) => secret));
    });
});
