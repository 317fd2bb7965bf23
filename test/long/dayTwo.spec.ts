import assert from "node:assert/strict";
import { join } from "node:path";

import { mustKubectl } from "../../lab/addons/kubectl.ts";
import { writeRandomImages } from "../../lab/images/randomImages.ts";
import type { Lab } from "../../lab/lab.ts";
import { PageSite, type Played } from "../support/pageSite.ts";
import { runningLab } from "../support/runningLab.ts";

/** Each page is typed as it stands, on one of these sites, in this order. */
describe("the pages of day two, followed on the lab", () => {
    let lab: Lab;
    before(async () => {
        lab = await runningLab();
    });

    function pages(
        name: string,
        tasks: readonly string[],
        made: () => Promise<PageSite>,
        played: Played = {},
        gone: () => Promise<void> = () => Promise.resolve(),
    ): void {
        describe(name, () => {
            let site: PageSite;
            before(async () => {
                site = await made();
                await site.prepare();
            });
            after(async () => {
                await site.remove();
                await gone();
            });
            // A page cut off in the middle leaves an update running, at which the next ones fail.
            for (const task of tasks) it(task, () => site.follow(task, played)).timeout(2_400_000);
        });
    }

    pages(
        "logins and certificates",
        ["add-a-user", "remove-a-user", "rotate-a-password", "renew-the-certificate", "rotate-the-authority"],
        () => Promise.resolve(new PageSite(lab, "pages-logins")),
    );

    pages("ways in", ["change-the-way-in", "change-the-host"], () => Promise.resolve(new PageSite(lab, "pages-ways")));

    const grows = "pages-grows";
    const older = "docker.io/library/registry:3.1.1";
    pages(
        "content",
        [
            "upgrade-the-registry",
            "add-a-namespace",
            "full-disk",
            "grow-the-volume",
            "back-up-and-restore",
            "remove-the-site",
        ],
        async () => {
            // The lab's own class does not grow. The API server takes another's word for it, and the test plays its driver.
            const storageClass = {
                apiVersion: "storage.k8s.io/v1",
                kind: "StorageClass",
                metadata: { name: grows },
                provisioner: "rancher.io/local-path",
                volumeBindingMode: "WaitForFirstConsumer",
                allowVolumeExpansion: true,
            };
            await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(storageClass));
            for (const node of lab.nodes) {
                const tag = `ctr -n k8s.io images tag --force docker.io/library/registry:3.1.2 ${older}`;
                assert.equal((await lab.exec(node, ["sh", "-euc", tag])).code, 0);
            }
            return new PageSite(lab, "pages-content", {
                image: older,
                storage: { size: "1Gi", storageClass: grows },
            });
        },
        {
            "an old image is there": async (site) => {
                const image = { name: "image", layers: 2, layerBytes: 1 << 20 };
                await writeRandomImages(join(site.folder, "old-layout"), [image]);
                await site.type("tar -C old-layout -cf old.tar .");
                await site.typeOutside(
                    site.named(`mkdir old && tar -C old -xf old.tar
skopeo login registry.site.test --username registry --password-stdin <registry.password
skopeo copy oci:old:image docker://registry.site.test/team/old:1`),
                );
            },
            "the site is lost": async (site) => {
                await site.type(`volume=$(kubectl -n ${site.named("kube-infra")} get persistentvolumeclaim image-registry -o jsonpath='{.spec.volumeName}')
kubectl patch persistentvolume "$volume" --patch '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'
kubectl delete namespace ${["kube-infra", "image-registry-proof", "node-ca-trust"].map((one) => site.named(one)).join(" ")}
kubectl -n default delete secret ${site.named("image-registry-pull")}
npx pulumi stack rm mysite --yes --force`);
            },
        },
        async () => {
            await lab.kubectl(["delete", "storageclass", grows, "--ignore-not-found"]);
            for (const node of lab.nodes) await lab.exec(node, ["ctr", "-n", "k8s.io", "images", "rm", older]);
        },
    );

    pages(
        "machines",
        ["add-a-node", "replace-a-machine"],
        () => {
            const { port, hostKey, privateKey } = lab.ssh();
            const hosts = [{ name: "build1", address: "localhost", port, hostKey }];
            return Promise.resolve(
                new PageSite(lab, "pages-nodes", {}, { hosts }, { 'sshKeys["build1"]': privateKey }),
            );
        },
        { "a node joins": (site) => comesAnew(lab, site, lab.nodes[1] ?? "") },
    );
});

/** As a machine that was set up anew joins under its old name: it has nothing of the site, and no pods of it run there. */
async function comesAnew(lab: Lab, site: PageSite, node: string): Promise<void> {
    await site.must(node, `rm -rf /etc/containerd/certs.d/${site.named("registry.site.test")}*`);
    for (const namespace of ["node-ca-trust", "image-registry-proof"]) {
        const there = ["--namespace", site.named(namespace), "--field-selector", `spec.nodeName=${node}`];
        await mustKubectl(lab, ["delete", "pods", ...there]);
    }
}
