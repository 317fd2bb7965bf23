import assert from "node:assert/strict";

import { diagnose, explained, type PullFault } from "../../plugin/receipts/pullDiagnosis.ts";

const containerd = (rest: string): string =>
    `Failed to pull image "reg.example.org/401/forbidden:1": rpc error: code = Unknown desc = failed to pull and unpack image ` +
    `"reg.example.org/401/forbidden:1": failed to resolve reference "reg.example.org/401/forbidden:1": ${rest}`;
const request = (rest: string): string =>
    containerd(`failed to do request: Head "https://reg.example.org/v2/app/manifests/1": ${rest}`);
const crio = (rest: string): string =>
    `rpc error: code = Unknown desc = initializing source docker://reg.example.org/app:1: ${rest}`;

/** What runtimes say: containerd 1.6 to 2.1, CRI-O 1.29, dockerd 24. */
const words: Record<PullFault, string[]> = {
    name: [
        request("dial tcp: lookup reg.example.org on 10.0.0.2:53: no such host"),
        request("dial tcp: lookup reg.example.org: Temporary failure in name resolution"),
        request("dial tcp: lookup reg.example.org on 10.0.0.2:53: read udp 10.0.0.9:4711->10.0.0.2:53: i/o timeout"),
        'Error response from daemon: Get "https://reg.example.org/v2/": dial tcp: lookup reg.example.org on 127.0.0.53:53: server misbehaving',
    ],
    connection: [
        request("dial tcp 10.96.0.7:443: connect: connection refused"),
        request("dial tcp 10.96.0.7:443: i/o timeout"),
        request("dial tcp 10.96.0.7:443: connect: no route to host"),
        request("net/http: TLS handshake timeout"),
        crio(
            'pinging container registry reg.example.org: Get "https://reg.example.org/v2/": dial tcp 10.1.1.1:443: connect: connection refused',
        ),
        'Error response from daemon: Get "https://reg.example.org/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers): context deadline exceeded',
    ],
    authority: [
        request("tls: failed to verify certificate: x509: certificate signed by unknown authority"),
        request(
            'x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "registry CA 1")',
        ),
        crio(
            'pinging container registry reg.example.org: Get "https://reg.example.org/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        ),
        'Error response from daemon: Get "https://reg.example.org/v2/": x509: certificate signed by unknown authority',
    ],
    certificateName: [
        request(
            "tls: failed to verify certificate: x509: certificate is valid for traefik.default, not reg.example.org",
        ),
        request("x509: cannot validate certificate for 10.96.0.7 because it doesn't contain any IP SANs"),
        request("x509: certificate relies on legacy Common Name field, use SANs instead"),
    ],
    expired: [
        request(
            "x509: certificate has expired or is not yet valid: current time 2026-11-21T13:00:00Z is after 2026-11-20T00:00:00Z",
        ),
    ],
    plainHttp: [request("http: server gave HTTP response to HTTPS client")],
    login: [
        containerd(
            "unexpected status from HEAD request to https://reg.example.org/v2/app/manifests/1: 401 Unauthorized",
        ),
        containerd(
            "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
        ),
        containerd(
            "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://reg.example.org/token: 401 Unauthorized",
        ),
        crio("reading manifest 1 in reg.example.org/app: authentication required"),
        crio("unable to retrieve auth token: invalid username/password: unauthorized"),
    ],
    role: [
        containerd("unexpected status from HEAD request to https://reg.example.org/v2/app/manifests/1: 403 Forbidden"),
        containerd(
            "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        ),
        "Error response from daemon: pull access denied for reg.example.org/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    notFound: [
        containerd("reg.example.org/app:1: not found"),
        crio("reading manifest 1 in reg.example.org/app: manifest unknown"),
        "Error response from daemon: manifest for reg.example.org/app:1 not found: manifest unknown: manifest unknown",
    ],
    platform: [
        containerd("no match for platform in manifest: not found"),
        "Error response from daemon: no matching manifest for linux/arm64/v8 in the manifest list entries",
    ],
    server: [
        containerd(
            "unexpected status from HEAD request to https://reg.example.org/v2/app/manifests/1: 503 Service Unavailable",
        ),
    ],
    disk: [
        'failed to pull and unpack image "reg.example.org/app:1": failed to extract layer sha256:00: write /var/lib/x: no space left on device',
    ],
    runtimeConfig: [
        containerd('failed to parse hosts.toml: toml: line 3 (last key "host"): expected value'),
        containerd(
            "failed to load X509 key pair: open /etc/containerd/certs.d/reg.example.org/client.key: no such file or directory",
        ),
    ],
};

describe("the diagnosis of a failed pull", () => {
    for (const [fault, said] of Object.entries(words)) {
        it(`knows ${fault} in the words of the runtimes`, () => {
            for (const one of said) assert.equal(diagnose(one)?.fault, fault, one);
        });
    }

    it("keeps the runtime's own words, and adds nothing to words that it does not know", () => {
        const known = request("dial tcp 10.96.0.7:443: connect: connection refused");
        assert.ok(explained(known).startsWith(known));
        assert.ok(explained(known).length > known.length);
        assert.equal(explained("CreateContainerError: whatever"), "CreateContainerError: whatever");
    });

    it("is not led astray by the name of the image", () => {
        assert.equal(diagnose('failed to pull and unpack image "reg.example.org/no-such-host:401": broken'), undefined);
    });
});
