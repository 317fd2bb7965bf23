import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { stringify } from "yaml";

import { pulumiHome } from "../../lab/engine.ts";
import type { Lab } from "../../lab/lab.ts";
import { eventually, must, run } from "../../lab/machines/command.ts";
import { checkout } from "../../lab/paths.ts";
import { stackFile } from "./configuration.ts";
import { missing, pageOf, stepsOf } from "./docPage.ts";

/** What the spec does where a page says that something happens. */
export type Played = Readonly<Record<string, (site: PageSite) => Promise<void>>>;

/**
 * The site of the pages about day two, as a person has it: a checkout with `Pulumi.mysite.yaml`, the stack selected, and a
 * client outside. In the place of names that only one site of a cluster can have stand some of the test's own.
 */
export class PageSite {
    /** The checkout: a copy, so that nothing of a page gets into the real one. */
    readonly folder: string;
    private readonly lab: Lab;
    private readonly name: string;
    private readonly client: string;
    /** Names on the pages, and what stands in their place. */
    private readonly names: Readonly<Record<string, string>>;
    private readonly settings: Record<string, unknown>;
    private readonly secrets: Readonly<Record<string, string>>;
    private before: string[] = [];

    /** `registry` and `trust` are what the settings have besides those of the stack `dev`; `secrets` are settings by path. */
    constructor(
        lab: Lab,
        name: string,
        registry: Record<string, unknown> = {},
        trust: Record<string, unknown> = {},
        secrets: Readonly<Record<string, string>> = {},
    ) {
        this.secrets = secrets;
        this.lab = lab;
        this.name = name;
        this.client = `/root/${name}`;
        this.folder = mkdtempSync(join(tmpdir(), `${name}-`));
        this.names = {
            "kube-infra": `${name}-registry`,
            "image-registry-proof": `${name}-proof`,
            "node-ca-trust": `${name}-trust`,
            "registry.site.test": `${name}.site.test`,
            "images.site.test": `${name}-images.site.test`,
            shop: `${name}-shop`,
            "192.0.2.8:22": `${lab.ssh().address}:${lab.ssh().port.toString()}`,
            "192.0.2.8": lab.ssh().address,
        };
        const dev = stackFile("dev");
        const section = dev["siteregistry:registry"] as Record<string, unknown>;
        this.settings = {
            ...dev,
            "siteregistry:clusterIdentifier": name,
            "siteregistry:registry": {
                ...section,
                namespace: this.named("kube-infra"),
                host: this.named("registry.site.test"),
                storage: { size: "1Gi" },
                pullSecret: { namespaces: ["default"], name: `${name}-pull` },
                proof: { namespace: this.named("image-registry-proof") },
                ...registry,
            },
            "siteregistry:nodeTrust": { namespace: this.named("node-ca-trust"), ...trust },
        };
    }

    /** A text of a page with the test's own names in it. */
    named(text: string): string {
        // Longer names first: one begins like another.
        const known = Object.keys(this.names).sort((a, b) => b.length - a.length);
        const pattern = new RegExp(
            `(?<![-\\w])(${[...known, "image-registry-pull"].join("|").replaceAll(".", "\\.")})(?![-\\w])`,
            "g",
        );
        return text.replace(pattern, (word) => this.names[word] ?? `${this.name}-pull`);
    }

    /** Makes the checkout, the stack and the client, and brings the site up. */
    async prepare(): Promise<void> {
        const files = await must(["git", "ls-files", "--cached", "--others", "--exclude-standard"], { cwd: checkout });
        for (const file of files.trim().split("\n")) {
            mkdirSync(dirname(join(this.folder, file)), { recursive: true });
            cpSync(join(checkout, file), join(this.folder, file));
        }
        symlinkSync(join(checkout, "node_modules"), join(this.folder, "node_modules"));
        writeFileSync(join(this.folder, "Pulumi.mysite.yaml"), stringify({ config: this.settings }));
        mkdirSync(join(this.folder, "..", `${this.name}-state`), { recursive: true });
        writeFileSync(this.passphraseFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
        this.before = readdirSync(this.folder);
        await this.type("npx pulumi stack init mysite");
        for (const [path, value] of Object.entries(this.secrets))
            await this.type(`npx pulumi config set --secret --path '${path}' <<'END'\n${value}END`);
        await this.type("npx pulumi up --yes --skip-preview");
        await this.trustOutside();
    }

    private get passphraseFile(): string {
        return join(this.folder, "..", `${this.name}-state`, "passphrase");
    }

    /** Runs every block of a page and compares what it prints. */
    async follow(task: string, played: Played = {}): Promise<void> {
        const steps = stepsOf(pageOf(task));
        assert.ok(
            steps.some(({ kind }) => kind === "commands"),
            `${task}: nothing on this page can be run`,
        );
        for (const step of steps) {
            if (step.kind === "played") {
                const play = played[step.name];
                assert.ok(play !== undefined, `${task}: nobody plays "${step.name}"`);
                await play(this);
                continue;
            }
            const text = this.named(step.text);
            const printed = step.where === "here" ? await this.type(text) : await this.typeOutside(text);
            const absent = missing(
                step.expected.map((line) => this.named(line)),
                printed,
            );
            assert.equal(absent, undefined, `${task}: not printed: ${absent ?? ""}\n$ ${text}\n${printed}`);
        }
    }

    /** Types commands where the stack is. Returns what they print. */
    async type(text: string): Promise<string> {
        const foreign = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK"];
        const own = Object.entries(process.env).filter(([key]) => !foreign.includes(key));
        const env = {
            ...(Object.fromEntries(own) as Record<string, string>),
            KUBECONFIG: this.lab.kubeconfig,
            PATH: `${dirname(this.lab.kubectlPath)}:${process.env.PATH ?? ""}`,
            PULUMI_BACKEND_URL: `file://${dirname(this.passphraseFile)}`,
            PULUMI_CONFIG_PASSPHRASE_FILE: this.passphraseFile,
            PULUMI_HOME: pulumiHome(),
            PULUMI_SKIP_UPDATE_CHECK: "true",
            SITEREGISTRY_CA_PASSPHRASE_FILE: this.passphraseFile,
        };
        return this.said(
            text,
            await run(["bash", "--norc", "-euo", "pipefail", "-c", `exec 2>&1\n${text}`], { cwd: this.folder, env }),
        );
    }

    /** Types commands on the client, which has every file that a page has made by then. */
    async typeOutside(text: string): Promise<string> {
        for (const file of readdirSync(this.folder).filter((one) => !this.before.includes(one))) {
            if (text.includes(file))
                await this.lab.copyTo("outside", join(this.folder, file), `${this.client}/${file}`);
        }
        const inside = `mount --bind ${this.client}/hosts /etc/hosts; cd ${this.client}; export HOME=${this.client} REGISTRY_AUTH_FILE=${this.client}/auth.json; exec 2>&1\n${text}`;
        return this.said(
            text,
            await this.lab.exec("outside", ["unshare", "--mount", "bash", "--norc", "-euo", "pipefail", "-c", inside]),
        );
    }

    private said(text: string, { code, stdout, stderr }: { code: number; stdout: string; stderr: string }): string {
        const printed = stdout + stderr;
        assert.equal(code, 0, `this ends with ${code.toString()}:\n$ ${text}\n${printed}`);
        return printed;
    }

    /** The client's names for the registry, and its trust. */
    async trustOutside(): Promise<void> {
        await this.type("npx pulumi stack output caBundle >ca.crt");
        const hosts = [this.named("registry.site.test"), this.named("images.site.test")];
        const trust = `${this.client}/.config/containers/certs.d`;
        const lines = ["127.0.0.1 localhost", `${this.lab.ingressAddress} ${hosts.join(" ")}`].join("\n");
        const script = `mkdir -p ${hosts.map((host) => `${trust}/${host}`).join(" ")}; echo '${lines}' >${this.client}/hosts`;
        await this.must("outside", script);
        for (const host of hosts)
            await this.lab.copyTo("outside", join(this.folder, "ca.crt"), `${trust}/${host}/ca.crt`);
        await this.lab.copyTo("outside", join(this.folder, "ca.crt"), `${this.client}/ca.crt`);
    }

    /** Runs a script on a machine of the lab, as root. */
    async must(machine: string, script: string): Promise<string> {
        const { code, stdout, stderr } = await this.lab.exec(machine, ["sh", "-euc", script]);
        assert.equal(code, 0, `${machine}: ${script}\n${stderr}`);
        return stdout;
    }

    /** Removes all that a page may have left. */
    async remove(): Promise<void> {
        await this.lab.exec("outside", ["rm", "-rf", this.client]);
        await this.type("npx pulumi stack select mysite && npx pulumi destroy --yes --skip-preview || true");
        const claims = await this.lab.kubectl(["get", "persistentvolume", "-o", "json"]);
        const { items } = JSON.parse(claims.stdout) as {
            items: { metadata: { name: string }; spec: { claimRef?: { namespace: string } } }[];
        };
        const own = Object.values(this.names);
        for (const { metadata, spec } of items.filter((one) => own.includes(one.spec.claimRef?.namespace ?? ""))) {
            const patch = '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}';
            await this.lab.kubectl(["patch", "persistentvolume", metadata.name, "--patch", patch]);
            await this.lab.kubectl(["delete", "namespace", spec.claimRef?.namespace ?? "", "--ignore-not-found"]);
        }
        await this.lab.kubectl(["delete", "namespace", this.named("shop"), "--ignore-not-found"]);
        await eventually(`removing ${this.name}`, 120, async () => {
            const { stdout } = await this.lab.kubectl(["get", "namespaces", "-o", "name"]);
            return !stdout.split("\n").some((one) => one.startsWith(`namespace/${this.name}-`));
        });
        await this.type("npx pulumi stack rm mysite --yes --force || true");
        rmSync(this.folder, { recursive: true, force: true });
        rmSync(dirname(this.passphraseFile), { recursive: true, force: true });
    }

    /** The text of a file that a page has made. */
    read(file: string): string {
        return readFileSync(join(this.folder, file), "utf8");
    }
}
