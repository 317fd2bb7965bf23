/** Longest URL of an endpoint that Harbor's table holds. */
const longestUrl = 256;

/** The URL of an endpoint as Harbor keeps it, or what is wrong with it. What Harbor would drop without a word is refused. */
export function endpointUrl(text: string): { url: string } | { reason: string } {
    const trimmed = text.trim();
    if (!/^https?:\/\//i.test(trimmed))
        return { reason: "must begin with https:// or http://; Harbor speaks nothing else" };
    if (!URL.canParse(trimmed)) return { reason: "is no URL" };
    const { username, password, search, hash } = new URL(trimmed);
    if (username !== "" || password !== "") {
        return { reason: "holds a user or password, which Harbor drops: give them as credentials" };
    }
    if (search !== "" || hash !== "" || /[?#]/.test(trimmed)) {
        return { reason: "has a query or a fragment, which Harbor drops: leave it out" };
    }
    // Harbor lower-cases the scheme, keeps the host's letters and cuts slashes off the end.
    const url = trimmed.replace(/^https?/i, (scheme) => scheme.toLowerCase()).replace(/\/+$/, "");
    if (url.length > longestUrl)
        return { reason: `is ${url.length.toString()} characters long, at most 256 are allowed` };
    return { url };
}
