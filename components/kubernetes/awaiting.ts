/**
 * For what is not waited for where it is made. A Service whose pods come later in the same update: the server certificate names
 * the Service's address, so the pods wait for the Service, and the Service must not wait for the pods. A DaemonSet whose
 * receipts are waited for instead: one node that is not Ready would stop every update. A namespace with pods
 * on every node, whose removal is waited for by a resource that knows of such nodes.
 */
export const doNotAwait = { "pulumi.com/skipAwait": "true" } as const;
