/** How clients outside the cluster reach the registry. */
export const exposures = ["passthrough", "ingress", "gateway", "nodePort", "loadBalancer", "clusterOnly"] as const;
/** One of {@link exposures}. */
export type Exposure = (typeof exposures)[number];

/** The exposures where something before the registry chooses it by the name that the client sends. */
export const routedExposures: readonly Exposure[] = ["passthrough", "ingress", "gateway"];

/** Traefik's entry point for HTTPS in its own charts, k3s and RKE2. */
export const defaultEntryPoint = "websecure";
/** Traefik's own `respondingTimeouts.readTimeout`, in seconds. */
export const defaultReadTimeout = 60;
/** The port of a load balancer: the one that image references without a port mean. */
export const defaultBalancerPort = 443;

/** What Traefik's annotations begin with. */
export const traefikAnnotation = "traefik.ingress.kubernetes.io";
/** Annotations of the Ingress that have settings of their own. */
export const ownAnnotations = {
    entryPoints: `${traefikAnnotation}/router.entrypoints`,
    tls: `${traefikAnnotation}/router.tls`,
} as const;
