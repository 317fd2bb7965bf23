import assert from "node:assert/strict";

import type { AnyObject, Cluster } from "../../components/preflight/cluster.ts";
import { okdConflicts, type OkdBefore, type OkdClaim } from "../../components/preflight/okd.ts";

const namespace = "openshift-image-registry";
const cluster = (spec: Record<string, unknown>): AnyObject => ({ metadata: { name: "cluster" }, spec });

/** What an OKD cluster has, by plural; `undefined` for a kind that it does not serve. */
const usual = (): Record<string, AnyObject[] | undefined> => ({
    configs: [cluster({ managementState: "Removed" })],
    images: [cluster({})],
    ingresses: [cluster({ domain: "apps.okd.test" })],
    routes: [],
    secrets: [],
    persistentvolumeclaims: [],
});
const managed = { configs: [cluster({ managementState: "Managed", storage: { emptyDir: {} } })] };
const storage = { kind: "claim", claim: "images" };
const management = { storage, replicas: 1, rolloutStrategy: "RollingUpdate" };
const there: AnyObject = { metadata: { namespace, name: "images" }, spec: { accessModes: ["ReadWriteMany"] } };

async function objections(
    objects: Record<string, AnyObject[] | undefined>,
    claim: Partial<OkdClaim>,
    before?: OkdBefore,
): Promise<string> {
    const all = { ...usual(), ...objects };
    const asked: Cluster = {
        hasNamespace: () => Promise.resolve(true),
        list: (kind) => Promise.resolve(all[kind.plural]),
        read: (kind, place, name) =>
            Promise.resolve(
                all[kind.plural]?.find(({ metadata }) => metadata?.namespace === place && metadata.name === name),
            ),
        refusal: () => Promise.resolve(undefined),
    };
    return (await okdConflicts(asked, { defaultRoute: true, routes: [], ...claim }, before)).join("\n");
}

const site = (more: object = {}) => ({ name: "site", host: "registry.site.test", given: false, ...more });

describe("a look at an OKD cluster before its registry is told anything", () => {
    it("finds nothing where everything is as it should be", async () => {
        assert.equal(await objections(managed, { routes: [site({ given: true })] }), "");
        assert.equal(await objections({ persistentvolumeclaims: [there] }, { management }), "");
    });

    it("says that the capability is off, or that it is no OKD", async () => {
        assert.match(
            await objections({ configs: undefined }, {}),
            /^okd: .*capability ImageRegistry is off.*additionalEnabledCapabilities/,
        );
        assert.match(await objections({ configs: undefined, images: undefined }, {}), /^okd: .*it is no OKD/);
    });

    it("wants to be told of storage where there is no registry yet", async () => {
        for (const [spec, now] of [
            [{ managementState: "Removed" }, "Removed"],
            [{}, "missing"],
        ] as const)
            assert.match(
                await objections({ configs: [cluster(spec)] }, {}),
                new RegExp(`^okd\\.management: is missing.* is ${now}`),
            );
    });

    it("does not make a second place for images beside another's", async () => {
        const said = await objections({ ...managed, persistentvolumeclaims: [there] }, { management });
        assert.match(
            said,
            /^okd\.management\.storage\.kind: is claim, and the registry has its images in emptyDir already.*"\/spec\/storage\/emptyDir"/,
        );
        const own = await objections(
            { ...managed, persistentvolumeclaims: [there] },
            { management },
            { management: { emptyDir: true } },
        );
        assert.match(own, /the images are in emptyDir: they would be lost/);
    });

    it("looks at the claim", async () => {
        assert.match(await objections({}, { management }), /storage\.claim: is images; there is no such claim/);
        const made = { ...management, storage: { ...storage, newClaim: { accessMode: "ReadWriteMany" } } };
        const claims = { persistentvolumeclaims: [there] };
        assert.match(await objections(claims, { management: made }), /newClaim: the claim images is there already/);
        const before = { management: { claim: "images", newClaim: {} } };
        assert.equal(await objections(claims, { management: made }, before), "");
        const single = { persistentvolumeclaims: [{ ...there, spec: { accessModes: ["ReadWriteOnce"] } }] };
        assert.match(
            await objections(single, { management }),
            /rolloutStrategy: is RollingUpdate with 1 pods; the claim images allows ReadWriteOnce/,
        );
        assert.equal(await objections(single, { management: { ...management, rolloutStrategy: "Recreate" } }), "");
    });

    it("refuses a host that the router's certificate does not name", async () => {
        for (const host of ["registry.site.test", "a.b.apps.okd.test", "apps.okd.test"])
            assert.match(
                await objections(managed, { routes: [site({ host })] }),
                /^okd\.routes\.0\.host: is .*\*\.apps\.okd\.test does not name.*okdSecrets\.certificates\.site/,
            );
        assert.equal(await objections(managed, { routes: [site({ host: "registry.apps.okd.test" })] }), "");
        const own = { ...managed, ingresses: [cluster({ domain: "apps.okd.test", appsDomain: "apps.site.test" })] };
        assert.equal(await objections(own, { routes: [site({ host: "registry.apps.site.test" })] }), "");
    });

    it("refuses a host that another route has, and routes of another stack", async () => {
        const routes = [site({ given: true })];
        const holder = { metadata: { namespace: "team", name: "web" }, spec: { host: "registry.site.test" } };
        assert.match(
            await objections({ ...managed, routes: [holder] }, { routes }),
            /okd\.routes\.0\.host: is registry\.site\.test, which the route team\/web has/,
        );
        const configs = [
            cluster({ managementState: "Managed", routes: [{ name: "site", hostname: "registry.site.test" }] }),
        ];
        const made = { metadata: { namespace, name: "site" }, spec: { host: "registry.site.test" } };
        assert.match(
            await objections({ configs, routes: [made] }, { routes }),
            /okd\.routes: .*routes site \(registry\.site\.test\) of another stack/,
        );
        const before = { routes: [{ name: "site", host: "registry.site.test" }] };
        assert.equal(await objections({ configs, routes: [made] }, { routes }, before), "");
    });

    it("wants a Secret that is there and complete", async () => {
        const routes = [site({ secretName: "site-tls" })];
        assert.match(await objections(managed, { routes }), /secretName: is site-tls; there is no such Secret/);
        const secret = { metadata: { namespace, name: "site-tls" }, data: { "tls.crt": "x" } };
        assert.match(await objections({ ...managed, secrets: [secret] }, { routes }), /this Secret lacks tls\.key/);
    });

    it("does not take the one additionalTrustedCA from somebody", async () => {
        const images = [cluster({ additionalTrustedCA: { name: "theirs" } })];
        assert.match(
            await objections({ ...managed, images }, { configMap: "mine" }),
            /okd\.trust\.configMap: is mine, and the cluster refers to theirs already/,
        );
        assert.equal(await objections({ ...managed, images }, {}), "");
        assert.equal(await objections({ ...managed, images }, { configMap: "theirs" }), "");
    });
});
