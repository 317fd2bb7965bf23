import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { parse, stringify } from "yaml";

import { project, schema } from "../../settings/schema.ts";
import { pulumiHome } from "../engine.ts";
import { attached, run, type Result } from "../machines/command.ts";
import { startTime } from "../machines/lock.ts";
import { checkout } from "../paths.ts";

/** A stack file. */
export interface StackFile {
    encryptionsalt?: string;
    config?: Record<string, unknown>;
}

/** What `pulumi stack output` answers for the stack `dev`. */
export interface SiteFacts {
    host: string;
    users: string[];
    passwords: Record<string, string>;
    caBundle: string;
    certificateExpiry: string;
    provenImages?: string[];
}

/** The committed settings, with the salt and the secrets that the user's copy had before. */
export function mergedStackFile(committed: StackFile, before: StackFile): StackFile {
    const secrets = Object.entries(before.config ?? {}).filter(([, value]) =>
        JSON.stringify(value).includes('"secure":'),
    );
    const { encryptionsalt } = before;
    return {
        ...(encryptionsalt === undefined ? {} : { encryptionsalt }),
        config: { ...committed.config, ...Object.fromEntries(secrets) },
    };
}

/**
 * One stack of this checkout with state, passphrase and stack file of its own in one folder outside the checkout:
 * the committed stack file gets neither salt nor secret.
 */
export class Stack {
    readonly name: string;
    readonly folder: string;
    private readonly kubeconfig: string;
    private readonly clusterIdentifier: string;
    private readonly program: string;

    /**
     * `clusterIdentifier` tells the cluster from every other, so that the state of one is never taken for that of another.
     * `program` is the folder of the program; without it, this checkout.
     */
    constructor(name: string, folder: string, kubeconfig: string, clusterIdentifier: string, program = checkout) {
        this.name = name;
        this.folder = folder;
        this.kubeconfig = kubeconfig;
        this.clusterIdentifier = clusterIdentifier;
        this.program = program;
    }

    /** This user's copy of the committed stack file. */
    get file(): string {
        return join(this.folder, `Pulumi.${this.name}.yaml`);
    }

    /** The file that holds the passphrase of the stack's secrets. */
    get passphraseFile(): string {
        return join(this.folder, "passphrase");
    }

    /** What a shell needs so that `npx pulumi` finds this stack. */
    get variables(): Record<string, string> {
        return {
            KUBECONFIG: this.kubeconfig,
            PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
            PULUMI_CONFIG_PASSPHRASE_FILE: this.passphraseFile,
        };
    }

    /** Whether the stack was made here before. */
    get exists(): boolean {
        return existsSync(join(this.folder, "state", ".pulumi", "stacks", project, `${this.name}.json`));
    }

    /** Makes folder, passphrase and stack where they are missing, and brings the copy of the stack file up to date. */
    async prepare(): Promise<void> {
        mkdirSync(join(this.folder, "state"), { recursive: true, mode: 0o700 });
        if (!existsSync(this.passphraseFile)) {
            writeFileSync(this.passphraseFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
        }
        this.copyStackFile();
        await this.releaseDeadLock();
        if (this.exists) return;
        // `stack init` takes no --config-file: seen from this folder, the stack file is the copy in it.
        copyFileSync(join(checkout, "Pulumi.yaml"), join(this.folder, "Pulumi.yaml"));
        const made = await this.pulumi(["stack", "init", "--cwd", this.folder]);
        if (made.code !== 0) throw new Error(`the stack ${this.name} could not be made: ${made.stderr.trim()}`);
    }

    /** The namespaces that the committed settings have the stack make. Empty where they have mistakes, which `up` tells. */
    namespaces(): string[] {
        const prefix = `${project}:`;
        const given = Object.entries(this.committed().config ?? {}).filter(([key]) => key.startsWith(prefix));
        const settings = schema.safeParse(
            Object.fromEntries(given.map(([key, value]) => [key.slice(prefix.length), value])),
        );
        const { registry, nodeTrust } = settings.data ?? {};
        const proof = registry?.proof.enabled === true ? registry.proof.namespace : undefined;
        return [registry?.namespace, nodeTrust?.namespace, proof].filter((name) => name !== undefined);
    }

    private committed(): StackFile {
        return parse(readFileSync(join(checkout, `Pulumi.${this.name}.yaml`), "utf8")) as StackFile;
    }

    private copyStackFile(): void {
        const before = existsSync(this.file) ? (parse(readFileSync(this.file, "utf8")) as StackFile) : {};
        const merged = mergedStackFile(this.committed(), before);
        const config = { ...merged.config, [`${project}:clusterIdentifier`]: this.clusterIdentifier };
        writeFileSync(this.file, stringify({ ...merged, config }), { mode: 0o600 });
    }

    /** Replaces settings in this user's copy. */
    set(change: (config: Record<string, unknown>) => void): void {
        const content = parse(readFileSync(this.file, "utf8")) as StackFile;
        const config = content.config ?? {};
        change(config);
        writeFileSync(this.file, stringify({ ...content, config }), { mode: 0o600 });
    }

    /** The words of a command line that runs the engine on this stack, as a person would type them. */
    command(args: readonly string[]): string[] {
        const file = args[0] === "stack" || args[0] === "cancel" ? [] : ["--config-file", this.file];
        return ["npx", "pulumi", ...args, "--stack", this.name, ...file];
    }

    /** Runs the engine and collects what it says. */
    async pulumi(args: readonly string[], variables: Record<string, string> = {}): Promise<Result> {
        return run([...this.command(args), "--non-interactive"], {
            cwd: this.program,
            env: { ...this.environment(), ...variables },
        });
    }

    /** The person's environment with this stack in it, and without what would lead to another one. */
    environment(): Record<string, string> {
        const foreign = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK"];
        const own = Object.entries(process.env).filter(([key]) => !foreign.includes(key));
        const engine = { PULUMI_HOME: pulumiHome(), PULUMI_SKIP_UPDATE_CHECK: "true" };
        return { ...Object.fromEntries(own), ...this.variables, ...engine };
    }

    /** Runs the engine in front of the person's eyes; returns its exit code. */
    async attached(args: readonly string[]): Promise<number> {
        return attached(this.command(args), { cwd: this.program, env: this.environment() });
    }

    /** Ends the lock of a run that died: while its process lives, the lock is right and stays. */
    async releaseDeadLock(): Promise<void> {
        const locks = join(this.folder, "state", ".pulumi", "locks", "organization", project, this.name);
        if (!existsSync(locks)) return;
        // Beside each lock lies a file with its attributes, which names nobody.
        const files = readdirSync(locks).filter((file) => file.endsWith(".json"));
        const holders = files.map(
            (file) => JSON.parse(readFileSync(join(locks, file), "utf8")) as { pid: number; hostname: string },
        );
        const dead = holders.filter(({ pid, hostname: host }) => host === hostname() && startTime(pid) === undefined);
        if (dead.length > 0 && dead.length === holders.length) await this.pulumi(["cancel", "--yes"]);
    }

    /** What the stack exports, secrets included. */
    async facts(): Promise<SiteFacts> {
        const answer = await this.pulumi(["stack", "output", "--json", "--show-secrets"]);
        if (answer.code !== 0) throw new Error(`the outputs of the stack cannot be read: ${answer.stderr.trim()}`);
        return JSON.parse(answer.stdout) as SiteFacts;
    }

    /** Forgets the stack: state, passphrase, stack file. */
    forget(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
