/** Label of a DaemonSet that says which pool of nodes it serves: components set it, and receipts read it. */
export const poolLabel = "siteregistry.dev/pool";
