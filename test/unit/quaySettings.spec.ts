import assert from "node:assert/strict";

import { readSettings } from "../../settings.ts";
import { makeCertificate } from "../support/certificateMaker.ts";
import { configure } from "../support/configuration.ts";

const claim = { storage: { kind: "objectClaim" } };
const s3 = { storage: { kind: "s3", s3: { hostname: "s3.site.test", bucket: "quay" } } };
const keys = { s3: { accessKey: "key", secretKey: "hunter2" } };

function refusal(quay: object, quayCredentials?: object): string {
    configure({ quay, ...(quayCredentials === undefined ? {} : { quayCredentials }) }, ["quayCredentials"]);
    try {
        readSettings();
    } catch (error) {
        return (error as Error).message;
    }
    return "";
}

describe("settings of a Quay", () => {
    it("are few where little is wanted", () => {
        assert.equal(refusal(claim), "");
        assert.equal(refusal(s3, keys), "");
    });

    const cases: [string, object, object | undefined, RegExp][] = [
        [
            "a flag in quotes",
            { ...claim, config: { FEATURE_MAILING: "false" } },
            undefined,
            /quay\.config\.FEATURE_MAILING: is "false"; allowed are true and false, without quotes/,
        ],
        [
            "BROWSER_API_CALLS_XHR_ONLY in quotes",
            { ...claim, config: { BROWSER_API_CALLS_XHR_ONLY: "no" } },
            undefined,
            /quay\.config\.BROWSER_API_CALLS_XHR_ONLY: is "no"; allowed are true and false/,
        ],
        [
            "SUPER_USERS that are no list",
            { ...claim, config: { SUPER_USERS: "quayadmin" } },
            undefined,
            /quay\.config\.SUPER_USERS: is "quayadmin"; allowed is a list of texts/,
        ],
        [
            "a string port",
            { ...claim, config: { USER_EVENTS_REDIS: { host: "redis", port: "6379" } } },
            undefined,
            /quay\.config\.USER_EVENTS_REDIS\.port: is "6379"; allowed is a number from 1 to 65535, without quotes/,
        ],
        [
            "a string port of the bucket",
            { storage: { kind: "s3", s3: { hostname: "s3.site.test", bucket: "quay", port: "9000" } } },
            keys,
            /quay\.storage\.s3\.port: is "9000"; allowed is a number, without quotes/,
        ],
        [
            "a string port among what is secret, without showing anything",
            claim,
            { config: { BUILDLOGS_REDIS: { host: "redis", port: "6379", password: "hunter2" } } },
            /quayCredentials\.config\.BUILDLOGS_REDIS\.port: allowed is a number/,
        ],
        [
            "a secret in the section, without showing it",
            { ...claim, config: { DATABASE_SECRET_KEY: "hunter2" } },
            undefined,
            /quay\.config\.DATABASE_SECRET_KEY: is given; holds a secret; set it with: .*quayCredentials\.config\.DATABASE_SECRET_KEY/,
        ],
        [
            "the flag for the first user",
            { ...claim, config: { FEATURE_USER_INITIALIZE: true } },
            undefined,
            /quay\.config\.FEATURE_USER_INITIALIZE: is true; comes from quay\.admin: leave it out/,
        ],
        [
            "the seed's second admin, who is no super user",
            {
                ...claim,
                config: { SUPER_USERS: ["quayadmin"] },
                admin: { username: "quayadmin2", email: "quayadmin2@example.com" },
            },
            undefined,
            /quay\.admin\.username: is "quayadmin2"; is not in quay\.config\.SUPER_USERS \(quayadmin\)/,
        ],
        [
            "a first user who may not log in",
            {
                ...claim,
                config: { FEATURE_DIRECT_LOGIN: false },
                admin: { username: "quayadmin", email: "a@site.test" },
            },
            undefined,
            /quay\.config\.FEATURE_DIRECT_LOGIN: is false; the first user logs in with its password/,
        ],
        [
            "a database that is neither the operator's nor given",
            { ...claim, components: [{ kind: "postgres", managed: false }] },
            undefined,
            /quay\.components: postgres: managed is false; .*DB_URI/,
        ],
        [
            "a database that is both",
            claim,
            { config: { DB_URI: "postgresql://hunter2@db/quay" } },
            /quayCredentials\.config\.DB_URI: the operator manages postgres, and then refuses this field/,
        ],
        [
            "pods beside an autoscaler",
            { ...claim, components: [{ kind: "quay", replicas: 1 }] },
            undefined,
            /quay\.components\.0\.replicas: is 1; the autoscaler decides/,
        ],
        [
            "overrides of what the operator does not run",
            { ...claim, components: [{ kind: "mirror", managed: false, resources: {} }] },
            undefined,
            /quay\.components\.0\.resources: is \{\}; is only for what the operator manages/,
        ],
        [
            "a volume that is too small",
            { ...claim, components: [{ kind: "clairpostgres", volumeSize: "10Gi" }] },
            undefined,
            /volumeSize: is "10Gi"; allowed is 50Gi or more/,
        ],
        [
            "a component twice",
            { ...claim, components: [{ kind: "clair" }, { kind: "clair", managed: false }] },
            undefined,
            /quay\.components\.1\.kind: is "clair"; is there twice/,
        ],
        ["a bucket without its key", s3, undefined, /quayCredentials\.s3: is missing, and quay\.storage\.kind is s3/],
        [
            "manual approval of no version",
            { ...claim, operator: {} },
            undefined,
            /quay\.operator\.startingCSV: is missing; with approval: Manual it must be given/,
        ],
        [
            "monitoring by an operator of one namespace",
            { ...claim, operator: { approval: "Automatic", scope: "OwnNamespace" } },
            undefined,
            /quay\.components: .*monitoring needs an operator in all namespaces/,
        ],
        [
            "a permission for a robot that is not there",
            {
                ...claim,
                admin: { username: "quayadmin", email: "a@site.test" },
                organizations: [
                    { name: "apps", repositories: [{ name: "web", permissions: [{ name: "ci", role: "write" }] }] },
                ],
            },
            undefined,
            /quay\.organizations\.0\.repositories\.0\.permissions\.0\.name: is "ci"; the organisation has no robot of that name/,
        ],
        [
            "organisations without a user",
            { ...claim, organizations: [{ name: "apps" }] },
            undefined,
            /Give quay\.admin/,
        ],
    ];
    for (const [what, quay, secrets, expected] of cases) {
        it(`refuse ${what}`, () => {
            const said = refusal(quay, secrets);
            assert.match(said, expected);
            assert.doesNotMatch(said, /hunter2/);
        });
    }

    it("want the certificate of an own host, and one that names it", () => {
        const quay = { ...claim, tls: "own", host: "quay.site.test" };
        assert.match(refusal(quay), /quayCredentials\.certificate: is missing, and quay\.tls is own/);
        const authority = makeCertificate({ name: "ca", ca: true });
        const given = (name: string) => {
            const { certificate, key } = makeCertificate({ name: "leaf", issuer: authority, names: [name] });
            return { certificate: { certificate, key, ca: authority.certificate } };
        };
        assert.match(refusal(quay, given("other.site.test")), /quayCredentials\.certificate.*quay\.site\.test/);
        assert.equal(refusal(quay, given("quay.site.test")), "");
    });
});
