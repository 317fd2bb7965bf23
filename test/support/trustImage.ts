import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { renderKit, renderPlainKit } from "../../components/clientKit/kit.ts";
import { exampleCa } from "./exampleCa.ts";

/** What is in the hosts file of every {@link TrustImage}. */
export const hostsBefore = "127.0.0.1 localhost\n192.0.2.1 other.example.org # siteregistry:other\n";

/** An image's root folder with some clients in it, and the script that is run on it. */
export class TrustImage {
    readonly folder = mkdtempSync(join(tmpdir(), "kit-"));
    readonly root = join(this.folder, "root");
    private script = "";

    constructor(...programs: string[]) {
        for (const program of programs) this.write(`usr/bin/${program}`, "", 0o755);
        this.write("etc/hosts", hostsBefore);
        this.kit();
    }

    kit(caBundle = exampleCa, hosts = ["registry.example.org"]): void {
        this.script = renderKit({ hosts, caBundle })["trust-registry.sh"] ?? "";
    }

    /** The script for registries without TLS. */
    plainKit(...hosts: string[]): void {
        this.script = renderPlainKit({ hosts })["trust-registry.sh"] ?? "";
    }

    spoil(from: string, to: string): void {
        assert.ok(this.script.includes(from));
        this.script = this.script.replace(from, to);
    }

    /** Runs the script as root of the image; returns what it said. */
    run(args: string[], code = 0, path = process.env.PATH ?? ""): string {
        const file = join(this.folder, "trust-registry.sh");
        writeFileSync(file, this.script);
        const ended = spawnSync("/bin/sh", [file, "--root", this.root, ...args], {
            encoding: "utf8",
            env: { PATH: path, TMPDIR: this.folder },
        });
        const said = `${ended.stdout}${ended.stderr}`;
        assert.equal(ended.status, code, said);
        return said;
    }

    write(path: string, text: string, mode = 0o644): void {
        mkdirSync(dirname(join(this.root, path)), { recursive: true });
        writeFileSync(join(this.root, path), text);
        chmodSync(join(this.root, path), mode);
    }

    read(path: string): string | undefined {
        const full = join(this.root, path);
        return existsSync(full) ? readFileSync(full, "utf8") : undefined;
    }

    /** Every file and folder with its content: what must be as it was. */
    everything(): Record<string, string> {
        const entries = readdirSync(this.root, { recursive: true, withFileTypes: true }).map((entry) => {
            const path = join(entry.parentPath, entry.name);
            return [path, entry.isFile() ? readFileSync(path, "utf8") : "folder"] as const;
        });
        return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    }

    clear(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
