/** What kept a runtime from pulling. */
export type PullFault =
    | "name"
    | "connection"
    | "authority"
    | "certificateName"
    | "expired"
    | "plainHttp"
    | "login"
    | "role"
    | "notFound"
    | "platform"
    | "server"
    | "disk"
    | "runtimeConfig";

interface Rule {
    readonly fault: PullFault;
    /** The words of containerd, CRI-O or dockerd, and of the libraries they are made of. */
    readonly words: RegExp;
    /** What it means for this node, and what to look at. */
    readonly meaning: string;
}

/**
 * In this order: a message names every step that led to its end, and the more exact words stand first. An expired certificate is told
 * before an unknown authority since it is one too, and a role that does not suffice before a login, since dockerd says both at once.
 */
const rules: readonly Rule[] = [
    {
        fault: "runtimeConfig",
        words: /hosts\.toml|failed to (?:load|read|parse) (?:CA|cert|X509|host)|missing client (?:key|certificate)|invalid configuration: .*certs\.d/i,
        meaning:
            "the node's runtime cannot read what its registry directory says: look at the files that the agent's report names, and for foreign ones beside them",
    },
    {
        fault: "disk",
        words: /no space left on device|disk quota exceeded|read-only file system/i,
        meaning: "the node has no room for the image: its disk is full or read-only",
    },
    {
        fault: "name",
        words: /no such host|server misbehaving|name resolution|name or service not known|lookup [^\s:]+(?: on [^\s]+)?: (?:i\/o timeout|read udp|dial udp)/i,
        meaning:
            "the node cannot resolve the registry's name: with nodeTrust.reachBy clusterAddress it needs no name, so its runtime does not read the hosts.toml " +
            "(containerd: is config_path set?); with host, its DNS or /etc/hosts lacks the name",
    },
    {
        fault: "expired",
        words: /certificate has expired|not yet valid/i,
        meaning: "the registry's certificate is out of date, or the node's clock is wrong",
    },
    {
        fault: "certificateName",
        words: /certificate is (?:valid for .*|not valid for any names).*|doesn't contain any IP SANs|legacy Common Name|not valid for any names/i,
        meaning:
            "the node reached something whose certificate is for other names: another server answers under that name or address, such as the ingress with its own certificate",
    },
    {
        fault: "authority",
        words: /unknown authority|certificate verify failed|self[- ]signed certificate|certificate is not trusted|tls: (?:bad|unknown) certificate/i,
        meaning:
            "the node does not trust who signed the registry's certificate: its runtime does not read the directory that the agent writes to " +
            "(containerd: config_path must name it, and be one directory), or it reached another server",
    },
    {
        fault: "plainHttp",
        words: /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake|wrong version number/i,
        meaning:
            "something without TLS answers there: the address or port is not the registry's, or a proxy stands between",
    },
    {
        fault: "platform",
        words: /no match(?:ing manifest)? for (?:platform|linux)|no image found in (?:image index|manifest list)/i,
        meaning: "the image has no variant for the node's architecture",
    },
    {
        fault: "role",
        words: /403 Forbidden|insufficient_scope|requested access to the resource is denied|status(?: code)?:? 403/i,
        meaning: "the registry knows the login, and it may not pull there: look at its role",
    },
    {
        fault: "login",
        words: /401 Unauthorized|no basic auth credentials|authentication required|unauthorized|invalid username\/password|authorization failed|pull access denied/i,
        meaning:
            "the registry does not accept the login, or none was sent: the pull secret must hold the very host (and port) of the image's name",
    },
    {
        fault: "notFound",
        words: /manifest unknown|name unknown|404 Not Found|StatusCode: 404|: not found/i,
        meaning: "the registry has no such image: the node reached another registry, or a storage that lost it",
    },
    {
        fault: "server",
        words: /\b5\d\d (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)|toomanyrequests|429 Too Many/i,
        meaning: "the registry, or what stands before it, answers with an error: look at its own log",
    },
    {
        fault: "connection",
        words: /connection refused|i\/o timeout|no route to host|network is unreachable|connection reset|TLS handshake timeout|deadline exceeded|timed out|unexpected EOF|: EOF/i,
        meaning:
            "the node gets no connection to the registry: nothing listens at that address and port, or a firewall or network policy stands between",
    },
];

/** What is wrong when a runtime says that; undefined where its words are not known. */
export function diagnose(words: string): { fault: PullFault; meaning: string } | undefined {
    // The image's own name may hold anything, and says nothing of what is wrong.
    const told = words.replaceAll(/(?:image|reference) \\?"[^"]*"/g, "the image");
    return rules.find((rule) => rule.words.test(told));
}

/** The runtime's words, and what they mean. */
export function explained(words: string): string {
    const { meaning } = diagnose(words) ?? {};
    return meaning === undefined ? words : `${words} — ${meaning}`;
}
