import assert from "node:assert/strict";

import type { Lab } from "../../lab/lab.ts";
import { OutsideClient } from "../support/outsideClient.ts";
import { runningLab } from "../support/runningLab.ts";
import { ScratchSite } from "../support/scratchSite.ts";

const name = "layers";
const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** What curl got: the status, the headers by their names in small letters, and the body's beginning and digest. */
interface Answer {
    status: number;
    headers: Map<string, string[]>;
    digest: string;
    text: string;
}

/** The gate reads layers from the volume itself: a client must not see a difference, and must get nothing more. */
describe("layers that the gate reads from the volume", () => {
    let lab: Lab;
    let site: ScratchSite;
    let outside: OutsideClient;
    let digests: Record<string, string>;

    /** Asks for a path as it stands, with a login that the client has in a file. */
    async function ask(path: string, login: string, options = ""): Promise<Answer> {
        const command = `curl --silent --show-error --max-time 20 --cacert trust/ca.crt --path-as-is --config ${login}`;
        const url = `https://${outside.access.host}${path}`;
        await outside.must(
            `rm -f body; ${command} --dump-header headers ${options} --output body '${url}'; touch body`,
        );
        const [status = "", ...lines] = (await outside.must("cat headers")).trim().split(/\r?\n/);
        const headers = new Map<string, string[]>();
        for (const line of lines) {
            const [, key = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
            headers.set(key.toLowerCase(), [...(headers.get(key.toLowerCase()) ?? []), value]);
        }
        const digest = (await outside.must("sha256sum body")).split(" ")[0] ?? "";
        const text = await outside.must("head -c 300 body | tr -cd '[:print:]'");
        return { status: Number(status.split(" ")[1]), headers, digest, text };
    }

    const digestOf = (image: string): string => digests[image] ?? "";
    const layer = (repository: string, image = repository): string =>
        `/v2/${repository}/blobs/sha256:${digestOf(image)}`;

    before(async () => {
        lab = await runningLab();
        const users = [
            { name: "pusher", role: "push" },
            { name: "puller", role: "pull" },
        ];
        site = new ScratchSite(lab, name, { storage: { size: "1Gi", keepOnDestroy: false }, users });
        await site.prepare();
        await site.up();
        outside = new OutsideClient(lab, name, await site.access());
        await outside.prepare();
        const { passwords } = await site.stack.facts();
        const logins = {
            pusher: `user = "pusher:${passwords.pusher ?? ""}"`,
            puller: `user = "puller:${passwords.puller ?? ""}"`,
            wrong: 'user = "puller:not the password"',
            nobody: "",
        };
        for (const [login, input] of Object.entries(logins)) {
            const write = `umask 077; cat >${outside.folder}/${login}`;
            await lab.exec("outside", ["sh", "-c", write], { input: `${input}\n` });
        }
        const images = ["mine", "theirs"];
        await outside.receive(
            "layout",
            images.map((image) => ({ name: image, layers: 1, layerBytes: 3 << 20 })),
        );
        const found = images.map(async (image) => {
            await outside.must(outside.skopeo(`oci:layout:${image}`, `docker://${outside.access.host}/${image}:1`));
            const manifest = await outside.must(
                outside.curl(`--header 'Accept: ${manifestType}'`, `/v2/${image}/manifests/1`),
            );
            const { layers } = JSON.parse(manifest) as { layers: { digest: string }[] };
            return [image, layers[0]?.digest.replace("sha256:", "") ?? ""] as const;
        });
        digests = Object.fromEntries(await Promise.all(found));
    });

    after(async () => {
        await outside.remove();
        await site.destroy();
    });

    it("come whole, or the part that is asked for, with what distribution says of them", async () => {
        const whole = await ask(layer("mine"), "puller");
        assert.equal(whole.status, 200);
        assert.equal(whole.digest, digestOf("mine"));
        const said = {
            "content-type": "application/octet-stream",
            "docker-content-digest": `sha256:${digestOf("mine")}`,
            etag: `"sha256:${digestOf("mine")}"`,
            "docker-distribution-api-version": "registry/2.0",
            "cache-control": "max-age=31536000",
            "x-content-type-options": "nosniff",
            "accept-ranges": "bytes",
        };
        for (const [key, value] of Object.entries(said)) assert.deepEqual(whole.headers.get(key), [value], key);
        const size = Number(whole.headers.get("content-length")?.[0]);
        assert.ok(size > 3 << 20);

        const part = await ask(layer("mine"), "puller", "--range 5-9");
        assert.equal(part.status, 206);
        assert.deepEqual(part.headers.get("content-range"), [`bytes 5-9/${size.toString()}`]);
        const beyond = await ask(layer("mine"), "puller", `--range ${(size + 1).toString()}-`);
        assert.equal(beyond.status, 416);

        const head = await ask(layer("mine"), "puller", "--head");
        assert.equal(head.status, 200);
        assert.deepEqual(head.headers.get("content-length"), [size.toString()]);
        assert.deepEqual(head.headers.get("docker-content-digest"), [`sha256:${digestOf("mine")}`]);
        const known = await ask(layer("mine"), "puller", `--header 'If-None-Match: "sha256:${digestOf("mine")}"'`);
        assert.equal(known.status, 304);
    });

    it("are the gate's to send: distribution is asked for the right to them, never for their content", async () => {
        const log = await site.kubectl("logs", `deployment/${site.namespace}`, "-c", "registry");
        const asked = log.split("\n").filter((line) => line.includes(`/blobs/sha256:${digestOf("mine")} HTTP`));
        assert.ok(
            asked.some((line) => line.includes('"HEAD ')),
            log,
        );
        // What the gate does not send itself: a part that is not there, and what the client says it has already.
        assert.deepEqual(
            asked.filter((line) => line.includes('"GET ') && !/" (416|304) /.test(line)),
            [],
        );
    });

    it("are for those who log in, and for what their repository holds", async () => {
        for (const login of ["nobody", "wrong"]) {
            const { status, headers, text } = await ask(layer("mine"), login);
            assert.equal(status, 401, login);
            assert.deepEqual(headers.get("www-authenticate"), [`Basic realm="${outside.access.host}"`], login);
            assert.match(text, /^\{"errors":\[\{"code":"UNAUTHORIZED"/, login);
        }
        for (const path of [layer("mine", "theirs"), `/v2/mine/blobs/sha256:${"0".repeat(64)}`]) {
            const { status, text } = await ask(path, "puller");
            assert.equal(status, 404, path);
            assert.match(text, /^\{"errors":\[\{"code":"BLOB_UNKNOWN"/, path);
        }
    });

    it("cannot be had by a path that gate and distribution could read in two ways", async () => {
        const mine = `sha256:${digestOf("mine")}`;
        const theirs = `sha256:${digestOf("theirs")}`;
        const paths = [
            `/v2/mine/blobs/${mine}/../${theirs}`,
            `/v2/mine/blobs/${mine}/%2e%2e/${theirs}`,
            `/v2/mine/blobs/${mine}%2F..%2F${theirs}`,
            `/v2/theirs/../mine/blobs/${theirs}`,
            `/v2/theirs/blobs/${mine}/../../../mine/blobs/${theirs}`,
            `/v2/mine%20HTTP%2F1.1%0d%0aX:%20/blobs/${theirs}`,
            `/v2/mine%3F/blobs/${theirs}`,
            `/v2/mine%23/blobs/${theirs}`,
            `/v2//mine//blobs/${theirs}`,
            `/gate/allowed`,
            `/gate/allowed?/v2/theirs/blobs/${theirs}`,
        ];
        for (const path of paths) {
            const { status, digest } = await ask(path, "puller");
            assert.notEqual(digest, digestOf("theirs"), path);
            assert.ok(status >= 300 && status < 500, `${path}: ${status.toString()}`);
        }
    });

    it("are changed by users of the role push alone", async () => {
        for (const method of ["DELETE", "PUT", "PATCH", "POST"]) {
            const { status, text } = await ask(layer("mine"), "puller", `--request ${method}`);
            assert.equal(status, 403, method);
            assert.match(text, /"code":"DENIED"/, method);
        }
        assert.equal((await ask(layer("mine"), "nobody", "--request DELETE")).status, 401);
        assert.equal((await ask(layer("mine"), "pusher", "--request DELETE")).status, 202);
        // Its file is there until the garbage is collected; the repository has it no more.
        assert.equal((await ask(layer("mine"), "puller")).status, 404);
        assert.equal((await ask(layer("theirs"), "puller")).digest, digestOf("theirs"));
    });
});
