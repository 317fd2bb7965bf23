/**
 * For a Service whose pods come later in the same update: the server certificate names the Service's address,
 * so the pods wait for the Service, and the Service must not wait for the pods.
 */
export const doNotAwait = { "pulumi.com/skipAwait": "true" } as const;
