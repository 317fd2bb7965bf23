import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { current, type Lab } from "../../lab/lab.ts";
import { Stack } from "../../lab/site/stack.ts";

/** A resource that a preview would touch. */
export interface Planned {
    op: string;
    name: string;
}

/** A registry on the lab for tests of its certificates, beside the stack `dev`: names, state and passphrase of its own. */
export class CertificateSite {
    readonly lab: Lab;
    readonly stack: Stack;
    readonly prefix: string;

    private constructor(lab: Lab, prefix: string) {
        this.lab = lab;
        this.prefix = prefix;
        this.stack = new Stack("dev", mkdtempSync(join(tmpdir(), `${prefix}-`)), lab.kubeconfig, prefix);
    }

    /** Every name of the site begins with `prefix`. */
    static async make(prefix: string): Promise<CertificateSite> {
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        const site = new CertificateSite(lab, prefix);
        await site.stack.prepare();
        return site;
    }

    get host(): string {
        return `${this.prefix}.site.test`;
    }

    /** Namespace and name of the registry. */
    get name(): string {
        return `${this.prefix}-registry`;
    }

    /** Sets `registry.certificate`. The site has nothing but a registry: what nodes and proof add is tested elsewhere. */
    configure(certificate: Record<string, unknown>): void {
        this.stack.set((config) => {
            config["siteregistry:registry"] = {
                name: this.name,
                namespace: this.name,
                host: this.host,
                storage: { size: "1Gi", keepOnDestroy: false },
                proof: { enabled: false },
                certificate,
            };
            delete config["siteregistry:nodeTrust"];
        });
    }

    /** Runs the engine and demands that it succeeds. */
    async pulumi(...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.stack.pulumi(args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${stdout}\n${stderr}`);
        return stdout;
    }

    /** Brings the site up with these certificates, and tells what it exports. */
    async up(certificate: Record<string, unknown>): Promise<Record<string, string>> {
        this.configure(certificate);
        await this.pulumi("up", "--yes", "--skip-preview");
        return this.outputs();
    }

    /** What the stack exports, without its secrets. */
    async outputs(): Promise<Record<string, string>> {
        return JSON.parse(await this.pulumi("stack", "output", "--json")) as Record<string, string>;
    }

    /** What a preview of these certificates would touch among keys and certificates. */
    async planned(certificate: Record<string, unknown>): Promise<Planned[]> {
        this.configure(certificate);
        const { steps } = JSON.parse(await this.pulumi("preview", "--json")) as {
            steps: { op: string; urn: string }[];
        };
        return steps
            .filter(({ op, urn }) => op !== "same" && urn.includes("$tls:"))
            .map(({ op, urn }) => ({ op, name: urn.split("::").at(-1) ?? "" }));
    }

    async kubectl(args: string[], input?: string): Promise<string> {
        const answer = await this.lab.kubectl(args, input === undefined ? {} : { input });
        assert.equal(answer.code, 0, `kubectl ${args.join(" ")}: ${answer.stderr}`);
        return answer.stdout;
    }

    /** One file of the Secret that the pods mount. */
    async mounted(file: "tls.crt" | "tls.key", secret = `${this.name}-certs`): Promise<string> {
        const path = `jsonpath={.data.${file.replace(".", "\\.")}}`;
        const data = await this.kubectl(["-n", this.name, "get", "secret", secret, "-o", path]);
        return Buffer.from(data, "base64").toString();
    }

    /** The text that OpenSSL has for a certificate. */
    async described(pem: string): Promise<string> {
        return this.outside(["openssl", "x509", "-noout", "-text"], pem);
    }

    /** Whether OpenSSL takes a certificate for one that this bundle vouches for, as a server's. */
    async verifies(certificate: string, bundle: string): Promise<void> {
        const folder = `/root/${this.prefix}`;
        await this.outside(["mkdir", "-p", folder]);
        await this.outside(["tee", `${folder}/bundle.pem`], bundle);
        await this.outside(["tee", `${folder}/certificate.pem`], certificate);
        const files = ["-CAfile", `${folder}/bundle.pem`, "-untrusted", `${folder}/certificate.pem`];
        await this.outside([
            "openssl",
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            ...files,
            `${folder}/certificate.pem`,
        ]);
    }

    /** What tells that the registry's pods are the same as before: their uids and restarts. */
    async pods(): Promise<string> {
        const path = "jsonpath={.items[*].metadata.uid} {.items[*].status.containerStatuses[*].restartCount}";
        return this.kubectl(["-n", this.name, "get", "pods", "-o", path]);
    }

    /** Waits until a client that trusts nothing but this bundle is shown the certificate of this serial: the kubelet hands a changed one over within its sync period. */
    async serves(bundle: string, serialNumber: string): Promise<void> {
        let shown = await this.asks(bundle);
        for (let tries = 0; tries < 75 && shown !== serialNumber; tries += 1) {
            await setTimeout(2000);
            shown = await this.asks(bundle);
        }
        assert.equal(shown, serialNumber);
    }

    /** Asks the registry over the ingress, as a client that trusts nothing but this bundle. Returns the certificate's serial that it showed. */
    async asks(bundle: string): Promise<string> {
        const folder = `/root/${this.prefix}`;
        await this.outside(["mkdir", "-p", folder]);
        await this.outside(["tee", `${folder}/client.pem`], bundle);
        const address = `${this.host}:443:${this.lab.ingressAddress}`;
        const trust = ["--cacert", `${folder}/client.pem`, "--resolve", address];
        const wanted = [
            "--retry",
            "10",
            "--retry-all-errors",
            "--write-out",
            "%{http_code}\n%{certs}",
            "--output",
            "/dev/null",
        ];
        const answer = await this.outside([
            "curl",
            "--silent",
            "--show-error",
            ...trust,
            ...wanted,
            `https://${this.host}/v2/`,
        ]);
        assert.match(answer, /^401\n/);
        return new X509Certificate(answer.slice(answer.indexOf("-----BEGIN"))).serialNumber;
    }

    async outside(argv: string[], input = ""): Promise<string> {
        const answer = await this.lab.exec("outside", argv, { input });
        assert.equal(answer.code, 0, `${argv.join(" ")}: ${answer.stdout}${answer.stderr}`);
        return answer.stdout;
    }

    /** Removes all of it. */
    async remove(): Promise<void> {
        await this.outside(["rm", "-rf", `/root/${this.prefix}`]);
        await this.pulumi("destroy", "--yes", "--skip-preview");
        this.stack.forget();
    }
}

/** What OpenSSL's text says below a heading, such as `X509v3 Key Usage: critical`. */
export function below(text: string, heading: string): string {
    const lines = text.split("\n").map((line) => line.trim());
    return lines[lines.indexOf(heading) + 1] ?? "";
}
