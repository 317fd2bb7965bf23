import { createHash } from "node:crypto";
import {
    accessSync,
    chmodSync,
    constants,
    copyFileSync,
    createReadStream,
    existsSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

import { create } from "tar";

import { Refusal } from "../ca/refusal.ts";
import type { Member } from "./archive.ts";
import { run } from "./command.ts";

/** This checkout. */
const checkout = join(import.meta.dirname, "..", "..");
/** What of it serves trying and testing alone. */
const leftOut = /^(test|lab|bench|\.ci)\//;
/** How machines are called by Node, and by `uname -sm`. */
const machines: Readonly<Record<string, string>> = { "linux-x64": "Linux x86_64", "linux-arm64": "Linux aarch64" };

/**
 * The program itself for the site: its sources with the npm packages of its lock, and Pulumi's engine and plugins from
 * PULUMI_HOME. What it is packed from is made in the work folder, and made again only when the lock changes.
 */
export async function programMembers(work: string, say: (line: string) => void): Promise<Member[]> {
    const machine = machines[`${process.platform}-${process.arch}`];
    if (machine === undefined) {
        throw new Refusal(
            `--program: npm packages for ${process.platform} ${process.arch} are of no use at a site`,
            `make the bundle on one of: ${Object.values(machines).join(", ")}`,
        );
    }
    const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
    const parts = partsOfPulumi(home);
    const folder = join(work, "program");
    const program = join(folder, "siteregistry");
    await installPackages(program, say);
    await copySources(program);
    say("packing the program, its engine and its plugins");
    const unpack = readFileSync(join(import.meta.dirname, "program/unpack.sh"), "utf8");
    return [
        { name: "program/unpack.sh", content: unpack.replace("MACHINE", `"${machine}"`), executable: true },
        await packed("siteregistry.tar.gz", folder, "siteregistry", ["."], folder),
        await packed("pulumi-home.tar.gz", home, "pulumi-home", parts, folder),
    ];
}

/** The engine and the plugins that the program's packages ask for, below PULUMI_HOME. Refuses when one is not there. */
function partsOfPulumi(home: string): string[] {
    const { dependencies } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    const parts = [{ part: join("versions", dependencies.pulumi ?? ""), how: "npx pulumi version" }];
    for (const [name, version] of Object.entries(dependencies)) {
        const plugin = /^@pulumi\/(.+)$/.exec(name)?.[1];
        // The SDK and that of policies have no plugin of their own.
        if (plugin === undefined || plugin === "pulumi" || plugin === "policy") continue;
        const how = `npx pulumi plugin install resource ${plugin} ${version}`;
        parts.push({ part: join("plugins", `resource-${plugin}-v${version}`), how });
    }
    const missing = parts.filter(({ part }) => !existsSync(join(home, part)));
    if (missing.length > 0) {
        throw new Refusal(
            `--program: in ${home} there is no ${missing.map(({ part }) => part).join(", no ")}`,
            `run: ${missing.map(({ how }) => how).join("; ")}`,
        );
    }
    return parts.map(({ part }) => part);
}

/** The packages of the lock, without those of development, installed once for each lock. */
async function installPackages(program: string, say: (line: string) => void): Promise<void> {
    const lock = readFileSync(join(checkout, "package-lock.json"));
    const made = join(program, "..", "packages-of");
    const of = createHash("sha256").update(lock).update(process.version).digest("hex");
    if (existsSync(made) && readFileSync(made, "utf8") === of) return;
    rmSync(program, { recursive: true, force: true });
    mkdirSync(program, { recursive: true });
    for (const file of ["package.json", "package-lock.json", ".npmrc"]) {
        copyFileSync(join(checkout, file), join(program, file));
    }
    say("installing the npm packages of the lock");
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await run("npm", ["ci", "--prefix", program, "--omit=dev", ...quiet]);
    writeFileSync(made, of);
}

/** What git has of this checkout as it is now, and the files of its stacks. Nothing else that lies here goes to a site. */
async function copySources(program: string): Promise<void> {
    for (const name of readdirSync(program)) {
        if (name !== "node_modules") rmSync(join(program, name), { recursive: true });
    }
    const tracked = await run("git", ["-C", checkout, "ls-files", "-z"]);
    const stacks = readdirSync(checkout).filter((name) => /^Pulumi\.[\w-]+\.yaml$/.test(name));
    const files = new Set([
        ...tracked
            .toString()
            .split("\0")
            .filter((file) => file !== ""),
        ...stacks,
    ]);
    for (const file of files) {
        if (leftOut.test(file) || !existsSync(join(checkout, file))) continue;
        mkdirSync(dirname(join(program, file)), { recursive: true });
        copyFileSync(join(checkout, file), join(program, file));
    }
    // The site's registry is filled by it, and it is one file that runs anywhere.
    const regctl = onPath("regctl");
    if (regctl === undefined) return;
    mkdirSync(join(program, "bin"));
    copyFileSync(regctl, join(program, "bin", "regctl"));
    chmodSync(join(program, "bin", "regctl"), 0o755);
}

function onPath(program: string): string | undefined {
    return (process.env.PATH ?? "")
        .split(delimiter)
        .map((folder) => join(folder, program))
        .find((file) => {
            try {
                accessSync(file, constants.X_OK);
                return lstatSync(file).size > 1 << 20; // no script that starts the one of this machine
            } catch {
                return false;
            }
        });
}

/** Packs what is below a folder under another name: sorted, without times and owners. */
async function packed(
    name: string,
    folder: string,
    as: string,
    parts: readonly string[],
    into: string,
): Promise<Member> {
    const root = parts[0] === "." ? join(folder, as) : folder;
    const files = parts.flatMap((part) =>
        readdirSync(join(root, part), { recursive: true, withFileTypes: true })
            .filter((entry) => !entry.isDirectory())
            .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
    );
    const file = join(into, name);
    const options = { cwd: root, prefix: as, portable: true, noDirRecurse: true, follow: false, mtime: new Date(0) };
    await create(
        {
            ...options,
            file,
            gzip: true,
            onWriteEntry: (entry) => {
                // Two machines with two umasks, one file.
                const { stat } = entry;
                if (stat?.isFile() === true) stat.mode = (stat.mode & ~0o777) | (stat.mode & 0o100 ? 0o755 : 0o644);
            },
        },
        files.sort(),
    );
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return { name: `program/${name}`, file, sha256: hash.digest("hex") };
}
