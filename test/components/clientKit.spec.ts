import assert from "node:assert/strict";

import { renderKit } from "../../components/clientKit/kit.ts";
import { readSettings } from "../../settings.ts";
import { buildSite, type SiteOutputs } from "../../site.ts";
import { configure } from "../support/configuration.ts";
import { exampleCa, exampleFingerprint } from "../support/exampleCa.ts";
import { find, underMocks, type Registered } from "../support/mocks.ts";

const registry = { host: "registry.example.org", extraHosts: ["images.example.org"] };

describe("ClientKit", () => {
    let outputs: SiteOutputs;
    function site(more: Record<string, unknown>): Promise<Registered[]> {
        configure({ registry, nodeTrust: {}, ...more });
        return underMocks(() => {
            outputs = buildSite(readSettings(), []);
        });
    }
    const ours = (seen: readonly Registered[]): string[] =>
        seen.map((one) => one.name).filter((name) => name.startsWith("client-kit"));

    it("is not there unless its section is, and the fingerprints are told either way", async () => {
        assert.deepEqual(ours(await site({})), []);
        assert.deepEqual(await valueOf(outputs.caFingerprints), [exampleFingerprint]);
    });

    it("is one ConfigMap in the registry's namespace, with every host and no secret", async () => {
        const seen = await site({ clientKit: {} });
        assert.deepEqual(ours(seen), ["client-kit", "client-kit-files"]);
        const { inputs, secrets } = find(seen, "kubernetes:core/v1:ConfigMap", "client-kit-files");
        assert.deepEqual(secrets, []);
        assert.equal((inputs.metadata as { namespace: string }).namespace, "kube-infra");
        assert.equal((inputs.metadata as { name: string }).name, "image-registry-clients");
        const hosts = [registry.host, ...registry.extraHosts];
        assert.deepEqual(inputs.data, renderKit({ hosts, caBundle: exampleCa }));
        assert.ok(JSON.stringify(inputs).length < 512 * 1024, "an object of Kubernetes has at most 1 MiB");
        assert.doesNotMatch(JSON.stringify(inputs), /password of|key of/);
    });

    it("goes into the namespace that is named", async () => {
        const seen = await site({ clientKit: { namespace: "tools", name: "registry-clients" } });
        const { metadata } = find(seen, "kubernetes:core/v1:ConfigMap", "client-kit-files").inputs;
        assert.equal((metadata as { namespace: string }).namespace, "tools");
        assert.equal((metadata as { name: string }).name, "registry-clients");
    });
});

function valueOf<T>(output: { apply: (callback: (value: T) => void) => unknown } | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
        if (output === undefined) reject(new Error("there is no such output"));
        else output.apply(resolve);
    });
}
