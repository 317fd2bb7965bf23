const long = (label: string, length: number): string =>
    Array.from({ length: Math.ceil(length / label.length) }, () => label)
        .join("")
        .slice(0, length)
        .replace(/[^a-z0-9]$/, "z");

/**
 * Texts at the edges of what Kubernetes, DNS, images and sizes allow. Each is good for some settings and bad for others:
 * which, the pattern of the setting says.
 */
export const edges = [
    ...["a", "0", "a-b", "a.b", "a..b", "a.-b", "a-.b", "1.2", "-", ".", "A", "a_b", "ab-", "kube-infra", "default"],
    ...[long("a", 63), long("a", 64), `0${long("b", 62)}`, long(`${"c".repeat(62)}.`, 253), long("d", 253)],
    ...["registry.example.org", "images.example.org", "r.test", "xn--bcher-kva.example", "a.1", "host:5000"],
    ...[`${"e".repeat(63)}.test`, long(`${"f".repeat(63)}.`, 253), "https://registry.example.org", "host.test/path"],
    ...["192.0.2.7", "10.96.7.8", "192.168.50.11", "fd00::7", "::1", "256.0.0.1"],
    ...["registry", "ci", "ops", "a.b_c-d", "a:b", "a b"],
    ...["docker.io/library/registry:3.1.2", "r.test:5000/a/b:1", "a/b@sha256:".padEnd(75, "0"), "a/b:latest", "a/b"],
    ...["1Mi", "5Gi", "1Ti", "8191Ti", "9999999999Ti", "0Gi", "1G", "1.5Gi", "1e3", "100m", "1", "30s", "5m", "24h"],
    ...[
        "/a",
        "/etc/containerd/certs.d",
        "/etc/docker/certs.d",
        "/",
        "a/b",
        "/a:b",
        "/a/../b",
        "/a b",
        "*",
        "*.example.org",
    ],
    ...["", " ", "a\nb", "a'b", 'a"b', "$(a)", "${a}", "ä", "\u0000", "null", "true", "example.org/a", "a=b"],
];

/** Texts for a setting without a pattern: names that others may have been given, so that references meet. */
export const words = [
    "registry",
    "ci",
    "ops",
    "registry.example.org",
    "192.0.2.7",
    "fd00::7",
    "apps",
    "a",
    "images.example.org",
];
