import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

import { demoImageName } from "../../lab/images/demo.ts";
import { current } from "../../lab/lab.ts";
import { KitSite } from "../support/kitSite.ts";
import { folder, leavesNothing, TrustOutside } from "../support/trustOutside.ts";

const docker = `${folder}/docker`;
const daemon = `DOCKER_HOST=unix://${docker}/docker.sock`;
/** buildah and podman refuse the lab's file system for their default storage, podman even to log in. */
const storage = `CONTAINERS_STORAGE_CONF=${folder}/storage.conf`;
const user = "kit-user";

describe("the client kit and each client that starts on the lab's outside machine", () => {
    let site: KitSite;
    let outside: TrustOutside;
    let untouched: string[];
    let image: string;

    before(async () => {
        const lab = await current();
        assert.ok(lab !== undefined, "the lab is not up: npm run lab -- up");
        site = new KitSite(lab);
        outside = new TrustOutside(lab, await site.up());
        image = `${outside.site.host}/kit/demo`;
        await outside.place();
        await outside.copyImage(lab.archives[demoImageName] ?? "");
        await outside.sh(`chmod 755 ${folder}; useradd --create-home ${user}`);
        const places = `graphroot = "${folder}/images"\nrunroot = "${folder}/run"`;
        await outside.sh(`cat >${folder}/storage.conf`, `[storage]\ndriver = "vfs"\n${places}\n`);
        await startDocker(outside);
        untouched = await outside.everything();
    });
    after(async () => {
        await stopDocker(outside);
        await outside.attempt(`userdel --remove ${user}`);
        await outside.clear();
        await site.down();
    });

    const login = (): { input: string; environment: string } => ({
        input: `${outside.site.password}\n`,
        environment: daemon,
    });

    it("docker (dockerd 20.10) logs in, pushes and pulls, and remembers nothing after the undo", async () => {
        const { address, user: name } = outside.site;
        // The daemon has just looked the name up in vain, and remembers that for a while.
        assert.notEqual((await outside.attempt(`${daemon} docker pull ${image}:1`)).code, 0);
        await outside.trust(`--client docker --address ${address} --login ${name}`, login());
        const loaded = await outside.sh(`${daemon} docker load --quiet --input ${folder}/image.tar`);
        const source = loaded.trim().split(": ").at(-1) ?? "";
        await outside.sh(`export ${daemon}; docker tag ${source} ${image}:1; docker push --quiet ${image}:1`);
        await outside.sh(
            `export ${daemon}; docker image rm --force ${image}:1 ${source}; docker pull --quiet ${image}:1`,
        );
        assert.match(await outside.trust("--check --client docker", { environment: daemon }), /all is well/);
        await leavesNothing(outside, untouched);
        assert.notEqual((await outside.attempt(`${daemon} docker pull ${image}:1`)).code, 0);
    });

    it("containerd (1.6, by ctr) pulls with the hosts.toml that was written, and does not without", async () => {
        const socket = `${docker}/exec/containerd/containerd.sock`;
        const pull = `ctr --address ${socket} images pull --hosts-dir /etc/containerd/certs.d --user ${outside.site.user} ${image}:1`;
        await outside.trust(`--client containerd --address ${outside.site.address}`);
        // ctr takes a password from a terminal, or from a command line, where others see it.
        const asked = `script --quiet --return --command '${pull}' /dev/null`;
        await outside.sh(asked, `${outside.site.password}\n`);
        assert.ok((await outside.sh(`ctr --address ${socket} images ls --quiet`)).includes(`${image}:1`));
        await outside.sh("rm -r /etc/containerd/certs.d/*/hosts.toml /etc/containerd/certs.d/*/ca.crt");
        const refused = await outside.attempt(`${pull.replace(/--user \S+/, "")} 2>&1`);
        assert.match(refused.stdout, /x509: certificate signed by unknown authority/);
        await leavesNothing(outside, untouched);
    });

    for (const client of ["buildah", "podman"]) {
        it(`${client} logs in and pulls`, async () => {
            const { address, user: name, password } = outside.site;
            const args = `--client ${client} --address ${address} --login ${name}`;
            await outside.trust(args, { input: `${password}\n`, environment: storage });
            await outside.sh(`${storage} ${client} pull --quiet ${image}:1`);
            await outside.trust("--undo", { environment: storage });
            await outside.isAsBefore(untouched);
        });
    }

    it("the system's store makes curl believe, and no longer after the undo", async () => {
        const { address, host } = outside.site;
        const status = `curl --silent --output /dev/null --write-out '%{http_code}' https://${host}/v2/`;
        await outside.trust(`--client skopeo --address ${address}`);
        assert.equal((await outside.attempt(status)).code, 60);
        await outside.trust("--system --client skopeo");
        assert.equal(await outside.sh(status), "401");
        // Debian's store has a link for each root, and both go.
        await leavesNothing(outside, untouched);
    });

    it("a user without sudo trusts for themselves, and is told what docker's socket asks of them", async () => {
        await outside.trust(`--client docker --address ${outside.site.address}`);
        const as = async (line: string) => outside.attempt(`su ${user} --command '${line}'`);
        const script = `sh ${folder}/trust-registry.sh`;
        const own = await as(`${script} --client skopeo && ${script} --client skopeo --check && ls -R ~/.config`);
        assert.equal(own.code, 0, own.stderr);
        assert.match(own.stdout, /containers\/certs\.d\/.*ca\.crt/s);
        const refused = await as(`${script} --client containerd`);
        assert.equal(refused.code, 4);
        assert.match(refused.stderr, /run this script with sudo/);
        const outsider = await as(`${daemon} ${script} --client docker --check`);
        assert.equal(outsider.code, 1);
        assert.match(outsider.stdout, new RegExp(`remedy: sudo usermod -aG docker ${user}`));
        await outside.sh(`usermod --append --groups docker ${user}`);
        const member = await as(`${daemon} ${script} --client docker --check`);
        assert.equal(member.code, 0, member.stdout);
        const undone = await as(`${script} --undo && find ~ -type f -not -name ".bash*" -not -name .profile`);
        assert.match(undone.stdout, /undone\n$/);
        await outside.sh(`gpasswd --delete ${user} docker; rm -f /etc/group- /etc/gshadow-`);
        await outside.trust("--undo");
    });
});

/** Docker's daemon as far as it goes here: no networks of its own, and plain directories for layers. */
async function startDocker(outside: TrustOutside): Promise<void> {
    const places = `--data-root=${docker}/data --exec-root=${docker}/exec --pidfile=${docker}/pid`;
    const flags = `--bridge=none --iptables=false --ip6tables=false --storage-driver=vfs --host=unix://${docker}/docker.sock`;
    await outside.sh(`mkdir -p ${docker}; setsid dockerd ${places} ${flags} >${docker}/log 2>&1 </dev/null &`);
    for (let tries = 0; tries < 60; tries += 1) {
        if ((await outside.attempt(`${daemon} docker version`)).code === 0) return;
        await setTimeout(500);
    }
    throw new Error(`dockerd did not start: ${await outside.sh(`tail -n 5 ${docker}/log`)}`);
}

async function stopDocker(outside: TrustOutside): Promise<void> {
    const ended = `while kill -0 $pid 2>/dev/null; do sleep 0.2; done`;
    await outside.attempt(
        `pid=$(cat ${docker}/pid) && kill $pid && ${ended}; umount ${docker}/exec/netns/* 2>/dev/null`,
    );
}
