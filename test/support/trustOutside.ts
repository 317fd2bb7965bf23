import assert from "node:assert/strict";

import { renderKit } from "../../components/clientKit/kit.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Result } from "../../lab/machines/command.ts";
import { otherCa } from "./exampleCa.ts";

/** A registry that is up, as somebody outside the cluster knows it. */
export interface OutsideSite {
    /** Public host name. */
    readonly host: string;
    /** Roots to believe there, PEM. */
    readonly caBundle: string;
    /** A user who may push. */
    readonly user: string;
    readonly password: string;
    /** Where the outside machine reaches it: the lab has no DNS for it. */
    readonly address: string;
}

/** Where everything of these tests lies on the outside machine. */
export const folder = "/tmp/client-kit";

/** How a script is run. */
interface Running {
    /** Exit code that is demanded. */
    code?: number;
    /** Text for its standard input. */
    input?: string;
    /** The shell; dash by default. */
    shell?: string;
    /** Assignments before the command, as a shell reads them. */
    environment?: string;
}

/** The outside machine of the lab, with the client kit of one site on it. */
export class TrustOutside {
    private readonly lab: Lab;
    readonly site: OutsideSite;

    constructor(lab: Lab, site: OutsideSite) {
        this.lab = lab;
        this.site = site;
    }

    /** Puts the script there. `caBundle` makes it one of another authority. */
    async place(caBundle = this.site.caBundle): Promise<void> {
        const script = renderKit({ hosts: [this.site.host], caBundle })["trust-registry.sh"] ?? "";
        await this.sh(`mkdir -p ${folder}; cat >${folder}/trust-registry.sh`, script);
    }

    /** Runs a line of shell; throws with what it said when it fails. */
    async sh(line: string, input = ""): Promise<string> {
        const result = await this.lab.exec("outside", ["sh", "-euc", line], { input });
        assert.equal(result.code, 0, `${line}\n${result.stdout}\n${result.stderr}`);
        return result.stdout;
    }

    /** Runs a line of shell and returns however it ended. */
    async attempt(line: string): Promise<Result> {
        return this.lab.exec("outside", ["sh", "-uc", line]);
    }

    /** Runs the script; returns all it said. */
    async trust(args: string, { code = 0, input = "", shell = "sh", environment = "" }: Running = {}): Promise<string> {
        const line = `cd ${folder}; ${environment} ${shell} trust-registry.sh ${args}`;
        const result = await this.lab.exec("outside", ["sh", "-c", line], { input });
        const said = `${result.stdout}${result.stderr}`;
        assert.equal(result.code, code, `trust-registry.sh ${args}\n${said}`);
        assert.ok(!said.includes(this.site.password), "the script told the password");
        return said;
    }

    /** Every path in the places that a client or the script could write to, and the hosts file's content. */
    async everything(): Promise<string[]> {
        const places =
            "/etc /root/.config /root/.docker /run/containers/0/auth.json /usr/local /var/lib/siteregistry-trust";
        const found = await this.sh(`find ${places} -not -type d 2>/dev/null | sort || true; cat /etc/hosts`);
        // Podman and buildah make it for themselves, the first time that they run.
        return found.split("\n").filter((line) => line !== "" && line !== "/etc/cni/net.d/cni.lock");
    }

    /** Demands that all is as it was, and names what is not. */
    async isAsBefore(before: readonly string[]): Promise<void> {
        const now = await this.everything();
        const more = now.filter((one) => !before.includes(one)).map((one) => `more: ${one}`);
        const fewer = before.filter((one) => !now.includes(one)).map((one) => `fewer: ${one}`);
        assert.deepEqual([...more, ...fewer], []);
    }

    async copyImage(archive: string): Promise<void> {
        await this.lab.copyTo("outside", archive, `${folder}/image.tar`);
    }

    /** Takes back whatever a failed test left, and the scratch folder. */
    async clear(): Promise<void> {
        await this.attempt(`cd ${folder} && sh trust-registry.sh --undo; rm -rf ${folder}`);
    }
}

/** What must not be installed is not: an unexpected CA, an altered one, and one that the server's certificate is not of. */
export async function refusesTheWrong(outside: TrustOutside): Promise<void> {
    const { address } = outside.site;
    const before = await outside.everything();
    await outside.place();
    const unexpected = await outside.trust(`--client skopeo --fingerprint ${"0".repeat(64)}`, { code: 3 });
    assert.match(unexpected, /not the one given by --fingerprint/);
    await outside.place(otherCa);
    const foreign = await outside.trust(`--client skopeo --address ${address}`, { code: 3 });
    assert.match(foreign, /shows a certificate that this CA did not sign/);
    await outside.sh(`sed -i 's/^kit_roots=.0*[1-9a-f]/&0/' ${folder}/trust-registry.sh`);
    assert.match(await outside.trust("--client skopeo", { code: 3 }), /this script was altered/);
    await outside.isAsBefore(before);
    await outside.place();
}

/** From a machine that knows nothing to one whose skopeo pushes, by one command, whose password no command line shows. */
export async function makesSkopeoTrust(outside: TrustOutside, archive: string): Promise<void> {
    const { host, address, user, password } = outside.site;
    assert.match(await outside.trust("--check --client skopeo", { code: 1 }), /FAIL {2}the name .* is not known here/);
    await outside.copyImage(archive);
    // Stands before skopeo and notes its command lines, as any user of a machine could.
    const spy = `#!/bin/sh\necho "$@" >>${folder}/seen\nexec /usr/bin/skopeo "$@"\n`;
    await outside.sh(`mkdir -p ${folder}/bin; cat >${folder}/bin/skopeo; chmod 755 ${folder}/bin/skopeo`, spy);
    const all = `--client skopeo --address ${address} --login ${user}`;
    const environment = `PATH=${folder}/bin:$PATH`;
    const said = await outside.trust(all, { input: `${password}\n`, shell: "busybox sh", environment });
    assert.match(said, new RegExp(`logged in to ${host} as ${user} with skopeo`));
    const seen = await outside.sh(`cat ${folder}/seen`);
    assert.match(seen, /^login .*--password-stdin/m);
    assert.ok(!seen.includes(password));
    await outside.sh(`skopeo copy docker-archive:${folder}/image.tar docker://${host}/kit/demo:1`);
    await outside.sh(`skopeo inspect docker://${host}/kit/demo:1`);
    assert.match(await outside.trust("--check --client skopeo"), /all is well/);
    assert.doesNotMatch(await outside.trust(`--client skopeo --address ${address}`), /wrote/);
}

/** What one command has installed another takes back, and nothing else. */
export async function leavesNothing(outside: TrustOutside, before: readonly string[]): Promise<void> {
    assert.match(await outside.trust("--undo"), /undone/);
    await outside.isAsBefore(before);
    assert.match(await outside.trust("--undo"), /nothing is installed/);
}
