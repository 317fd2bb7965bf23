import { parseArgs } from "node:util";

import type { Options } from "./options.ts";
import { RealOutside } from "./realOutside.ts";
import { HarborServer } from "./server.ts";

const usage = `A stand-in for Harbor, for trying things out and for tests. It is not Harbor, and keeps nothing when it ends.

  node test/harbor/main.ts [--port 8080] [--host 127.0.0.1] [--version 2.15.2] [--refresh 30]
      [--registry http://127.0.0.1:5000 [--skopeo skopeo] [--registry-user name]] [--without-document]

  --registry    the registry that keeps its images: with it, replication really copies (by skopeo), and /v2/ leads there.
                Its password is taken from HARBOR_REGISTRY_PASSWORD. Without it nothing is copied, and every endpoint is dead.
  --refresh     seconds between two updates of the state of runs.
  --without-document   do not compare requests and answers with Harbor's OpenAPI document.

The password of admin is taken from HARBOR_ADMIN_PASSWORD, or is Harbor's own default.
`;

const { values } = parseArgs({
    options: {
        port: { type: "string", default: "8080" },
        host: { type: "string", default: "127.0.0.1" },
        version: { type: "string", default: "2.15.2" },
        refresh: { type: "string", default: "30" },
        registry: { type: "string" },
        "registry-user": { type: "string" },
        skopeo: { type: "string", default: "skopeo" },
        "without-document": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
    },
});

if (values.help) process.stdout.write(usage);
else {
    const { HARBOR_ADMIN_PASSWORD: password, HARBOR_REGISTRY_PASSWORD: secret = "" } = process.env;
    const user = values["registry-user"];
    const credential = user === undefined ? {} : { credential: { type: "basic", key: user, secret } };
    const real: Options =
        values.registry === undefined
            ? {}
            : {
                  outside: new RealOutside(values.skopeo.split(" ")),
                  local: { url: values.registry.replace(/\/$/, ""), ...credential },
              };
    const harbor = await HarborServer.start({
        port: Number(values.port),
        host: values.host,
        version: values.version,
        refreshMs: Number(values.refresh) * 1000,
        ...(password === undefined ? {} : { password }),
        ...(values["without-document"] ? { validate: false } : {}),
        ...real,
    });
    process.stdout.write(
        `A stand-in for Harbor ${values.version} is at ${harbor.url}. It is not Harbor: it behaves as one that was recorded.\n` +
            `Log in as admin. Replication ${values.registry === undefined ? "is simulated" : `copies into ${values.registry}`}.\n`,
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const)
        process.once(signal, () => {
            void harbor.close();
        });
}
