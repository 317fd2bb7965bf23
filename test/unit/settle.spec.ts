import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { curlLogin } from "../../components/proof/checks.ts";
import { makeCertificate } from "../support/certificateMaker.ts";

const script = readFileSync(join(import.meta.dirname, "..", "..", "components", "proof", "settle.sh"), "utf8");
const host = "registry.example.org";
const ca = makeCertificate({ name: "CA", ca: true });
const leaf = makeCertificate({ name: host, issuer: ca, names: [host, "localhost"] });
const renewed = makeCertificate({ name: host, issuer: ca, names: [host, "localhost"] });

/** What a registry answers; each case breaks one of these. */
interface Answers {
    anonymous: number;
    reader: number;
    /** A POST by who may only pull. */
    post: number;
}
const right: Answers = { anonymous: 401, reader: 200, post: 403 };

interface Ended {
    code: number | null;
    said: string;
    message: string;
}

describe("the check that a registry is what the stack says", () => {
    let folder: string;
    let server: Server | undefined;
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "settle-"));
        for (const name of ["proof", "logins", "work"]) mkdirSync(join(folder, name));
    });
    afterEach(() => {
        server?.close();
        server?.closeAllConnections();
        server = undefined;
        rmSync(folder, { recursive: true });
    });

    const put = (path: string, text: string): void => {
        writeFileSync(join(folder, path), text);
    };

    /** A registry on loopback. Returns its port. */
    async function serve(answers: Answers = right, shown = leaf): Promise<string> {
        const made = createServer({ cert: shown.certificate, key: shown.key }, ({ method, headers }, response) => {
            const known = headers.authorization !== undefined;
            response.writeHead(!known ? answers.anonymous : method === "POST" ? answers.post : answers.reader).end();
        });
        server = made;
        await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
        return (made.address() as AddressInfo).port.toString();
    }

    /** Runs the script with its folders here; `service` is what it is told to ask. */
    async function settle(service: string): Promise<Ended> {
        put("proof/ca.crt", ca.certificate);
        put("proof/server.crt", leaf.certificate);
        put("proof/hosts", `${host} 443\n`);
        put("proof/logins", "reader pull\n");
        put("logins/reader", curlLogin("reader", "correct horse"));
        put("message", "");
        const here = ["/proof/", "/logins/", "/work/"].reduce(
            (text, path) => text.replaceAll(path, `${folder}${path}`),
            script.replaceAll("/dev/termination-log", `${folder}/message`),
        );
        const env = { PATH: process.env.PATH, SERVICE: service, ROUNDS: "1", PATIENCE: "0" };
        const child = spawn("sh", ["-c", here], { env });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (piece: Buffer) => (said += piece.toString()));
        const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
        return { code, said, message: readFileSync(join(folder, "message"), "utf8") };
    }

    it("ends with 0 where everything is right", async () => {
        const { code, said } = await settle(`localhost:${await serve()}`);
        assert.equal(code, 0, said);
    });

    const cases: [number, string, () => Promise<string>, RegExp][] = [
        [10, "the name does not resolve", () => Promise.resolve("nowhere.invalid:5000"), /name: nowhere\.invalid:5000/],
        [11, "nothing answers", () => Promise.resolve("localhost:1"), /TCP: localhost:1 does not answer/],
        [
            12,
            "the certificate is not of the stack's authority",
            async () => `localhost:${await serve(right, makeCertificate({ name: host, names: [host] }))}`,
            /TLS: the certificate of localhost:\d+ is not one for registry\.example\.org/,
        ],
        [
            12,
            "the certificate has not begun by the clock",
            async () => {
                const from = new Date(Date.now() + 86_400_000);
                const early = makeCertificate({ name: host, issuer: ca, names: [host, "localhost"], from });
                return `localhost:${await serve(right, early)}`;
            },
            /TLS: the certificate of/,
        ],
        [
            12,
            "an older certificate of the same authority is served still",
            async () => `localhost:${await serve(right, renewed)}`,
            /TLS: the registry does not serve the stack's certificate yet/,
        ],
        [
            13,
            "a login is refused",
            async () => `localhost:${await serve({ ...right, reader: 401 })}`,
            /login: reader is answered with 401/,
        ],
        [
            14,
            "who may only pull may write",
            async () => `localhost:${await serve({ ...right, post: 202 })}`,
            /role: a POST as reader, who may pull, is answered with 202/,
        ],
        [
            15,
            "it lets strangers in",
            async () => `localhost:${await serve({ ...right, anonymous: 200 })}`,
            /registry: \/v2\/ is answered with 200 instead of 401/,
        ],
    ];
    for (const [wanted, what, service, words] of cases) {
        it(`ends with ${wanted.toString()} where ${what}`, async () => {
            const { code, said, message } = await settle(await service());
            assert.equal(code, wanted, said);
            assert.match(message, words);
            assert.ok(!said.includes("correct horse"));
        });
    }
});
