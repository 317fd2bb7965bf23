import * as k8s from "@pulumi/kubernetes";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";

const cluster = new k8s.Provider("cluster", { clusterIdentifier: "floor" });
new k8s.core.v1.ConfigMap("one", { metadata: { name: "floor", namespace: "default" } }, { provider: cluster });
new random.RandomBytes("one", { length: 16 });
new tls.PrivateKey("one", { algorithm: "ECDSA" });
