import assert from "node:assert/strict";
import type { RequestOptions } from "node:https";

import { KubeConfig } from "@kubernetes/client-node";
import { stringify } from "yaml";

import { heldIn } from "../../plugin/heldKubeconfig.ts";

type Fields = Record<string, unknown>;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const server = "https://10.0.0.1:6443/prefix";
const ca = { "certificate-authority-data": base64("the root") };
const pair = { "client-certificate-data": base64("the certificate"), "client-key-data": base64("the key") };

/** A kubeconfig with another cluster before the one in use. */
function kubeconfig(cluster: Fields, user: Fields, more: Fields = {}): string {
    return stringify({
        ...{ apiVersion: "v1", kind: "Config", "current-context": "here" },
        contexts: [
            { name: "there", context: { cluster: "other", user: "other" } },
            { name: "here", context: { cluster: "site", user: "admin", namespace: "default" } },
        ],
        clusters: [
            { name: "other", cluster: { server: "https://other.test" } },
            { name: "site", cluster: { server, ...cluster } },
        ],
        users: [
            { name: "other", user: { token: "another" } },
            { name: "admin", user },
        ],
        ...more,
    });
}

/** What the client library would send, of what is compared: it always has an agent of its own. */
async function libraryOptions(text: string): Promise<RequestOptions> {
    const config = new KubeConfig();
    config.loadFromString(text);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { ca: root, cert, key, servername, headers } = options;
    const given = Object.entries({ ca: root, cert, key, servername, headers });
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

describe("a kubeconfig that holds everything itself", () => {
    const plain: [string, Fields, Fields][] = [
        ["a certificate", ca, pair],
        ["a token", ca, { token: "secret" }],
        ["a certificate and a token", ca, { ...pair, token: "secret" }],
        ["nobody's name", {}, {}],
        ["another name of the server", { ...ca, "tls-server-name": "kubernetes" }, pair],
    ];
    for (const [what, cluster, user] of plain) {
        it(`with ${what}: is read as the client library reads it`, async () => {
            const text = kubeconfig(cluster, user);
            assert.deepEqual(heldIn(text), { server, options: await libraryOptions(text) });
        });
    }

    const others: [string, string][] = [
        ["a certificate in a file", kubeconfig(ca, { "client-certificate": "/a", "client-key": "/b" })],
        ["roots in a file", kubeconfig({ "certificate-authority": "/a" }, pair)],
        ["a program that logs in", kubeconfig(ca, { exec: { command: "login" } })],
        ["a token in a file", kubeconfig(ca, { tokenFile: "/a" })],
        ["a login provider", kubeconfig(ca, { "auth-provider": { name: "oidc" } })],
        ["a password", kubeconfig(ca, { username: "a", password: "b" })],
        ["another identity", kubeconfig(ca, { ...pair, as: "somebody" })],
        ["a proxy", kubeconfig({ ...ca, "proxy-url": "http://proxy.test" }, pair)],
        ["no verification", kubeconfig({ "insecure-skip-tls-verify": true }, pair)],
        ["no current context", kubeconfig(ca, pair, { "current-context": "" })],
        ["a context that is not there", kubeconfig(ca, pair, { "current-context": "nowhere" })],
        ["a name twice", kubeconfig(ca, pair, { users: [pair, pair].map((user) => ({ name: "admin", user })) })],
        ["a server that is none", kubeconfig({ server: "nothing" }, pair)],
        ["no YAML", "a: [b"],
        ["nothing", ""],
    ];
    for (const [what, text] of others) {
        it(`with ${what}: is left to the client library`, () => {
            assert.equal(heldIn(text), undefined);
        });
    }
});
