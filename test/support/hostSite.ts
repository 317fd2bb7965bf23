import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Lab } from "../../lab/lab.ts";
import { run, type Result } from "../../lab/machines/command.ts";
import { ensurePackages } from "../../lab/packages.ts";
import { checkout } from "../../lab/paths.ts";
import { consoleReport } from "../../lab/report.ts";
import { Stack } from "../../lab/site/stack.ts";

/** What such a stack tells. */
interface HostOutputs {
    hostRegistries: { machine: string; host: string; state: string }[];
    hostPasswords: Record<string, string>;
    hostCaBundle: string;
    hostNodesReach?: Record<string, string>;
    kubespray?: string;
    images?: { reference: string; digest: string }[];
}

/** A stack of a test's own that has a registry on the lab's machine `host1`, and nothing else. Everything of it begins with its name. */
export class HostSite {
    readonly name: string;
    readonly host: string;
    readonly stack: Stack;
    private readonly lab: Lab;
    private section: Record<string, unknown>;
    private told: HostOutputs | undefined;

    /** `host` is how clients call the registry. */
    constructor(lab: Lab, name: string, port: number, host = `${name}.site.test`) {
        this.lab = lab;
        this.name = name;
        this.host = host;
        this.stack = new Stack("kubespray", join(tmpdir(), `${name}-site`), lab.kubeconfig, name);
        const { address, port: sshPort, hostKey } = lab.ssh();
        this.section = {
            ...{ name, port, dataDirectory: this.data },
            machines: [{ name: "host1", address, port: sshPort, hostKey, host: this.host }],
        };
    }

    /** Folder of the images. */
    get data(): string {
        return `/srv/${this.name}`;
    }

    get unit(): string {
        return `siteregistry-${this.name}.service`;
    }

    /** Makes the stack, without what a run that was killed has left of it. */
    async prepare(): Promise<void> {
        if (this.stack.exists) {
            await this.stack.prepare();
            await this.stack.releaseDeadLock();
            await this.pulumi("destroy", "--yes", "--skip-preview");
            this.stack.forget();
        }
        await this.attempt(`rm -rf ${this.data}`);
        await this.stack.prepare();
        const built = (await ensurePackages(["registry"], consoleReport())).get("registry") ?? "";
        this.useProgram(readFileSync(join(built, "registry")));
        await this.secret('sshKeys["default"]', this.lab.ssh().privateKey);
    }

    /** Sets a secret setting by its path. */
    async secret(path: string, input: string): Promise<void> {
        const command = this.stack.command(["config", "set", "--secret", "--path", `siteregistry:${path}`]);
        const env = this.stack.environment();
        const { code, stderr } = await run(command, { cwd: checkout, env, input });
        assert.equal(code, 0, stderr);
    }

    /** Has this program run. Answers its SHA-256. */
    useProgram(program: Buffer): string {
        const path = join(this.stack.folder, "registry");
        writeFileSync(path, program);
        const sha256 = createHash("sha256").update(program).digest("hex");
        this.change({ binary: { path, sha256 } });
        return sha256;
    }

    /** Has another version of the program run, which does the same. Answers its SHA-256. */
    useNewerProgram(): string {
        return this.useProgram(
            Buffer.concat([readFileSync(join(this.stack.folder, "registry")), Buffer.from("newer")]),
        );
    }

    /** Has a container run the registry in the place of the program, from the lab's own image. */
    useContainer(runtime: string): void {
        const reference = "docker.io/library/registry:3.1.2";
        const path = this.lab.archives[reference] ?? "";
        const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
        this.change({ runtime, binary: undefined, image: { reference, path, sha256 } });
    }

    /** Changes settings of the section `host`, for the next update. */
    change(section: Record<string, unknown>): void {
        this.section = { ...this.section, ...section };
        this.stack.set((config) => {
            config["siteregistry:host"] = this.section;
        });
    }

    /** What the settings say of the machine. */
    get machine(): Record<string, unknown> {
        return (this.section.machines as Record<string, unknown>[])[0] ?? {};
    }

    /** Changes it, for the next update. */
    changeMachine(machine: Record<string, unknown>): void {
        this.change({ machines: [{ ...this.machine, ...machine }] });
    }

    /** Runs the engine; anything but success is an error with what it said. */
    async pulumi(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.stack.pulumi(args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    }

    async up(): Promise<string> {
        this.told = undefined;
        return this.pulumi("up", "--yes", "--skip-preview");
    }

    /** What an update that must fail says. */
    async refused(): Promise<string> {
        const { code, stdout, stderr } = await this.stack.pulumi(["up", "--yes", "--skip-preview"]);
        assert.notEqual(code, 0, `the update succeeded\n${stdout}`);
        return `${stdout}${stderr}`;
    }

    /** Runs a script on the machine. */
    attempt(script: string): Promise<Result> {
        return this.lab.exec("host1", ["sh", "-euc", script]);
    }

    /** The same; anything but success is an error. */
    async on(script: string): Promise<string> {
        const { code, stdout, stderr } = await this.attempt(script);
        assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
        return stdout;
    }

    async outputs(): Promise<HostOutputs> {
        this.told ??= JSON.parse(await this.pulumi("stack", "output", "--json", "--show-secrets")) as HostOutputs;
        return this.told;
    }

    /** The state as it lies on the disk. */
    state(): string {
        return readFileSync(join(this.stack.folder, "state/.pulumi/stacks/siteregistry/kubespray.json"), "utf8");
    }

    /** What HTTP code the registry answers on the machine, checked against its root. `login` is `user:password`. */
    async code(path: string, login?: string): Promise<string> {
        const { hostRegistries, hostCaBundle } = await this.outputs();
        const user = login === undefined ? "" : `--user '${login}'`;
        // Without it, the registry has no OCI manifests for anybody.
        const accept = "--header 'Accept: application/vnd.oci.image.manifest.v1+json'";
        const asked = `curl ${accept} --silent --output /dev/null --write-out '%{http_code}' --cacert "$ca" --connect-to ::127.0.0.1: ${user}`;
        const script = `ca=$(mktemp); cat >"$ca"; ${asked} https://${hostRegistries[0]?.host ?? ""}${path}; rm "$ca"`;
        const { stdout } = await this.lab.exec("host1", ["sh", "-uc", script], { input: hostCaBundle });
        return stdout;
    }

    /** Puts a small blob into the repository `probe`, from the machine. Answers its digest. */
    async pushBlob(login: string, content = "probe"): Promise<string> {
        const { hostRegistries } = await this.outputs();
        const url = `https://${hostRegistries[0]?.host ?? ""}`;
        const curl = `curl --silent --fail --cacert /etc/siteregistry/${this.name}/roots.crt --connect-to ::127.0.0.1: --user '${login}'`;
        return (
            await this.on(
                `digest=sha256:$(printf ${content} | sha256sum | cut -d ' ' -f 1)
                at=$(${curl} --output /dev/null --dump-header - --request POST ${url}/v2/probe/blobs/uploads/ | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
                case $at in /*) at=${url}$at ;; esac
                printf ${content} | ${curl} --request PUT --data-binary @- --header 'Content-Type: application/octet-stream' "$at&digest=$digest"
                echo "$digest"`,
            )
        ).trim();
    }

    /** Everything on the machine that bears the registry's name, besides its images. */
    async left(): Promise<string> {
        const places = "/etc /usr/local /root /home /var/tmp /tmp";
        return this.on(`find ${places} -name '*${this.name}*' 2>/dev/null || true`);
    }

    async destroy(): Promise<void> {
        await this.pulumi("destroy", "--yes", "--skip-preview");
        this.stack.forget();
        await this.on(`rm -rf ${this.data}`);
    }
}
