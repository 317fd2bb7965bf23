import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { parse, stringify } from "yaml";

import { pulumiHome } from "../../lab/engine.ts";
import { must, run, type Result } from "../../lab/machines/command.ts";
import { ensurePackages, packages } from "../../lab/packages.ts";
import { checkout } from "../../lab/paths.ts";
import { consoleReport } from "../../lab/report.ts";

/** The project file of a program, as far as tests change it. */
export interface Project {
    name: string;
    plugins: { providers: { name: string; path: string }[] };
    resources: Record<string, { type: string; properties: Record<string, unknown> }>;
}

/** Writes what `pulumi package gen-sdk` does where it has a host of that language, with the same generators. */
export async function writeSdk(language: "go" | "nodejs" | "python", folder: string): Promise<void> {
    const codegen = await ensurePackages(["codegen"], consoleReport());
    const schema = join(checkout, "plugin", "schema.json");
    await must([join(codegen.get("codegen") ?? "", "codegen"), language, schema, folder]);
}

/** One of `examples/languages`, copied, with a state and a stack of its own. */
export class LanguageProgram {
    readonly folder: string;
    private readonly variables: Record<string, string>;

    private constructor(folder: string, variables: Record<string, string>) {
        this.folder = folder;
        this.variables = variables;
    }

    /** Makes the copy and its stack, with these settings, and the host that runs its language where the engine has none. */
    static async make(language: "yaml" | "go", kubeconfig: string, settings: Record<string, string>) {
        const host = join(
            pulumiHome(),
            "versions",
            packages.pulumi?.version ?? "",
            "bin",
            `pulumi-language-${language}`,
        );
        const built = existsSync(host) ? [] : await ensurePackages([`language-${language}`], consoleReport());
        const folder = mkdtempSync(join(tmpdir(), `from-${language}-`));
        cpSync(join(checkout, "examples", "languages", language), folder, { recursive: true });
        mkdirSync(join(folder, ".state"));
        const program = new LanguageProgram(folder, {
            ...{ KUBECONFIG: kubeconfig, PULUMI_HOME: pulumiHome(), PULUMI_SKIP_UPDATE_CHECK: "true" },
            ...{ PULUMI_BACKEND_URL: `file://${join(folder, ".state")}`, PULUMI_CONFIG_PASSPHRASE: "not secret" },
            PATH: [process.env.PATH ?? "", ...new Map(built).values()].join(delimiter),
        });
        if (language === "go") await writeSdk("go", join(folder, "sdk", "go"));
        program.change((project) => {
            project.plugins.providers = [{ name: "siteregistry", path: join(checkout, "plugin") }];
        });
        await program.must("stack", "init", "it");
        for (const [key, value] of Object.entries(settings)) await program.must("config", "set", key, value);
        return program;
    }

    /** Changes the project file. */
    change(change: (project: Project) => void): void {
        const file = join(this.folder, "Pulumi.yaml");
        const project = parse(readFileSync(file, "utf8")) as Project;
        change(project);
        writeFileSync(file, stringify(project));
    }

    /** Runs the engine. */
    pulumi(...args: string[]): Promise<Result> {
        const launcher = join(checkout, "node_modules", ".bin", "pulumi");
        const stack = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", "it"];
        const env = { ...(process.env as Record<string, string>), ...this.variables };
        return run([launcher, ...args, ...stack, "--non-interactive", "--color", "never"], { cwd: this.folder, env });
    }

    /** Runs it; anything but success is an error with what it said. */
    async must(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.pulumi(...args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    }

    /** What the program exports, secrets included. */
    async outputs(): Promise<Record<string, unknown>> {
        return JSON.parse(await this.must("stack", "output", "--json", "--show-secrets")) as Record<string, unknown>;
    }

    /** Takes away what it made, and the copy. */
    async destroy(): Promise<void> {
        await this.must("destroy", "--yes", "--skip-preview");
        rmSync(this.folder, { recursive: true, force: true });
    }
}
