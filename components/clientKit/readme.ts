import type { Filling } from "./kit.ts";
import { withColons } from "./roots.ts";

/** What the person reads who gets a kit: what is in it, what to compare, what to type. */
export function readme({ hosts, roots }: Filling): string {
    const fingerprints = roots.map((root) => `  ${withColons(root.sha256)}\n    ${root.subject}`).join("\n");
    return `Trust for ${hosts.join(", ")}

These files make the container clients of one machine trust that registry. They hold its CA and no secret.

1. Compare the CA's fingerprint (SHA-256) with the one you were told by another way:
${fingerprints}
   The people of the site have it from: npx pulumi stack output caFingerprints
   Give it to the script, and the script compares it:  --fingerprint <hex>

2. Linux (docker, also as a snap or rootless; podman, buildah, skopeo, nerdctl, containerd):
     sudo sh trust-registry.sh                       for the whole machine
     sh trust-registry.sh                            for your own podman, buildah, skopeo, rootless docker
     sudo sh trust-registry.sh --address <ip>        where there is no DNS
     sh trust-registry.sh --login <user>             asks for the password, or reads it from standard input
     sh trust-registry.sh --check                    looks for what is wrong; changes nothing
     sudo sh trust-registry.sh --undo                removes what was installed, and nothing else

3. macOS (Docker Desktop, skopeo):  sh trust-registry-macos.sh, with the same options.
   Windows (Docker Desktop, PowerShell 5.1 or newer):  .\\trust-registry.ps1 -Help
   These two follow the documentation; they were tried on no Mac and on no Windows machine.

By hand: put ca.crt at /etc/docker/certs.d/<host[:port]>/ca.crt (docker) or /etc/containers/certs.d/<host[:port]>/ca.crt.
`;
}
