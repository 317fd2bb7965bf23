/** Where things lie inside the containers of a registry's pod: its configurations and its volumes both need to know. */
export const paths = {
    config: "/etc/distribution",
    gate: "/etc/gate",
    certificate: "/etc/registry/tls",
    users: "/etc/registry/users",
    storage: "/var/lib/registry",
    /** Shared by the two containers; in memory. */
    run: "/run/registry",
} as const;

/** Who may log in: every user, one bcrypt line each. */
export const everyUser = `${paths.users}/htpasswd`;
/** The lines of those who may change something. */
export const pushUsers = `${paths.users}/push`;
/** The registry listens here and nowhere else, so no port of the pod leads around the gate. */
export const registrySocket = `${paths.run}/registry.sock`;
/** Tells that the gate runs. The registry waits for its end before it ends itself. */
export const gateProcess = `${paths.run}/gate.pid`;

/** The port that the gate listens on inside the pod. Unprivileged, and the one distribution documents. */
export const containerPort = 5000;
