import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type RandomImage, writeRandomImages } from "../../lab/images/randomImages.ts";
import type { Lab } from "../../lab/lab.ts";
import { must, type Result } from "../../lab/machines/command.ts";

/** How a client reaches a registry. */
export interface Access {
    /** Host as image references name it. */
    readonly host: string;
    readonly user: string;
    readonly password: string;
    /** Roots to trust, PEM. */
    readonly caBundle: string;
}

/**
 * A client on the outside machine with a folder, a login and a view of `/etc/hosts` of its own: several can work there
 * at once, and none disturbs what others have set up.
 */
export class OutsideClient {
    /** Where this client keeps its things on the outside machine. */
    readonly folder: string;
    readonly access: Access;
    private readonly lab: Lab;

    constructor(lab: Lab, name: string, access: Access) {
        this.lab = lab;
        this.folder = `/root/${name}`;
        this.access = access;
    }

    /** Writes trust, login and host name. The password goes by standard input and is in no command line. */
    async prepare(): Promise<void> {
        const { host, user, password, caBundle } = this.access;
        const auth = Buffer.from(`${user}:${password}`).toString("base64");
        const write = async (path: string, input: string): Promise<void> => {
            const script = `umask 077; mkdir -p "$(dirname ${path})"; cat >${path}`;
            const done = await this.lab.exec("outside", ["sh", "-euc", script], { input });
            if (done.code !== 0) throw new Error(`outside machine: ${done.stderr}`);
        };
        await write(`${this.folder}/trust/ca.crt`, caBundle);
        await write(`${this.folder}/auth.json`, JSON.stringify({ auths: { [host]: { auth } } }));
        await write(`${this.folder}/curl`, `user = ${JSON.stringify(`${user}:${password}`)}\n`);
        await write(`${this.folder}/hosts`, `127.0.0.1 localhost\n${this.lab.ingressAddress} ${host}\n`);
    }

    /** Has the client believe other roots, PEM, from its next command on: none ever reads half a file. */
    async trust(caBundle: string): Promise<void> {
        const script = `cat >${this.folder}/ca.new && mv ${this.folder}/ca.new ${this.folder}/trust/ca.crt`;
        const done = await this.lab.exec("outside", ["sh", "-euc", script], { input: caBundle });
        if (done.code !== 0) throw new Error(`outside machine: ${done.stderr}`);
    }

    /** Runs a script in the client's folder, where the registry's host has its name. A failure is an answer. */
    async sh(script: string): Promise<Result> {
        const inside = `mount --bind ${this.folder}/hosts /etc/hosts; cd ${this.folder}; export HOME=${this.folder}; ${script}`;
        return this.lab.exec("outside", ["unshare", "--mount", "sh", "-euc", inside]);
    }

    /** As {@link sh}, but a failure is an error. Returns standard output. */
    async must(script: string): Promise<string> {
        const { code, stdout, stderr } = await this.sh(script);
        if (code !== 0) throw new Error(`outside machine: ${(stderr || stdout).trim().slice(-2000)}`);
        return stdout;
    }

    /** The command that copies an image with skopeo, without what earlier copies remember of places of layers. */
    skopeo(source: string, target: string): string {
        const options = "--authfile auth.json --src-cert-dir trust --dest-cert-dir trust";
        return `rm -f /var/lib/containers/cache/blob-info-cache-v1.boltdb; skopeo copy --quiet ${options} ${source} ${target}`;
    }

    /** The command that makes curl speak to the registry with login and trust. `path` begins with a slash. */
    curl(options: string, path: string): string {
        return `curl --silent --show-error --fail --cacert trust/ca.crt --config curl ${options} https://${this.access.host}${path}`;
    }

    /** Makes random images and puts them as an OCI layout into a subfolder of the client's. */
    async receive(layout: string, images: readonly RandomImage[]): Promise<void> {
        const scratch = await mkdtemp(join(tmpdir(), "random-images-"));
        try {
            await writeRandomImages(join(scratch, "layout"), images);
            const archive = join(scratch, "layout.tar");
            await must(["tar", "-C", join(scratch, "layout"), "-cf", archive, "."]);
            await this.lab.copyTo("outside", archive, `${this.folder}/${layout}.tar`);
            await this.must(`rm -rf ${layout}; mkdir ${layout}; tar -C ${layout} -xf ${layout}.tar; rm ${layout}.tar`);
        } finally {
            await rm(scratch, { recursive: true, force: true });
        }
    }

    /** Removes everything that this client has on the outside machine. */
    async remove(): Promise<void> {
        await this.lab.exec("outside", ["rm", "-rf", this.folder]);
    }
}
