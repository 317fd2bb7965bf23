import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { lockFile, lockText } from "../components/images/lock.ts";
import { writeArchive, type Member } from "./bundle/archive.ts";
import { imagesOfChart } from "./bundle/chart.ts";
import { gather, indexOf } from "./bundle/gather.ts";
import { neededBy, readOptions } from "./bundle/kubesprayImages.ts";
import { readList } from "./bundle/listFile.ts";
import { archives, imageOfStore, imagesOfArchive, stores } from "./bundle/localImages.ts";
import { imagesOfCluster } from "./bundle/pods.ts";
import { programMembers } from "./bundle/program.ts";
import { bytesText, Progress } from "./bundle/progress.ts";
import { each, type Wanted } from "./bundle/wanted.ts";
import { WorkFolder } from "./bundle/workFolder.ts";
import { Refusal } from "./ca/refusal.ts";
import { here, parsedLine, readText, say, wordsOf } from "./commandLine.ts";

/** Puts images, and the program itself, into one file for a site without the internet. */
const usage = `usage: npm run bundle -- [LIST…] --output FILE [options]

Where the images are named, as often as needed and in any combination:
  LIST                       a file with an image reference on each line, or a list for kubespray
  --chart DIR                the pods of a Helm chart (by helm), with the values of --values FILE
  --pods                     the pods of the cluster that KUBECONFIG leads to, or only those of --namespace NAME
  --docker-daemon NAME       an image of this machine's Docker, or
  --containers-storage NAME  of its Podman (by skopeo)
  --docker-archive FILE      a file of docker save, or FILE=NAME
  --oci-archive FILE=NAME    a file of podman save --format oci-archive
How:
  --output FILE              the bundle; its SHA-256 goes into FILE.sha256 too
  --platform OS/ARCH         only this platform, as often as needed. Images of several platforms get another digest by it
  --needed                   of kubespray's list only what is marked [needed]
  --kubespray NAME=VALUE     of the lists only what a cluster with this variable of kubespray pulls, as often as needed;
                             the others are as kubespray 2.31 presets them. What its roles do not name stays in
  --without-attached         leave signatures, attestations and SBOMs out
  --program                  this program too: sources, npm packages, engine, plugins
  --concurrency N            images that are copied at once; 4
  --work FOLDER              where images are kept between runs; FILE.work

Copying is done by regctl, with its logins or Docker's. Run again, it fetches only what is missing.`;

type Options = ReturnType<typeof commandLine>;

try {
    await main();
} catch (error) {
    say(`error: ${wordsOf(error)}`);
    process.exitCode = 1;
}

async function main(): Promise<void> {
    const options = commandLine();
    const wanted = each(await wantedBy(options));
    if (wanted.length === 0 && !options.program) throw new Refusal("no image is named", usage);
    mkdirSync(dirname(options.output), { recursive: true });
    const work = WorkFolder.open(options.work);
    try {
        say(`${wanted.length.toString()} images; what is copied is kept in ${options.work}`);
        const gathered = await gather(wanted, options, work, new Progress(say));
        const { manifests, text } = indexOf(gathered);
        const blobs = [...new Set(manifests.flatMap((one) => [...work.blobs.below(one).found.keys()]))].sort();
        const members: Member[] = [
            { name: lockFile, content: lockText({ version: 1, images: gathered.map(({ locked }) => locked) }) },
            { name: "oci-layout", content: '{"imageLayoutVersion":"1.0.0"}' },
            { name: "index.json", content: text },
            ...blobs.map((digest) => {
                const sha256 = digest.slice("sha256:".length);
                return { name: `blobs/sha256/${sha256}`, file: work.blobs.path(digest), sha256 };
            }),
            ...(options.program ? await programMembers(options.work, say) : []),
        ];
        say(`writing ${options.output}`);
        const { sha256, size } = await writeArchive(options.output, members);
        say(`${options.output}: ${wanted.length.toString()} images, ${bytesText(size)}`);
        process.stdout.write(`${sha256}\n`);
    } finally {
        work.close();
    }
}

/** Everything that is asked for, from wherever it is named. */
async function wantedBy(options: Options): Promise<Wanted[]> {
    const { lists, needed, kubespray, charts, values, pods, namespaces } = options;
    const listed = lists.flatMap((file) => readList(readText(file, "name a list of images"), file, needed));
    const wanted = kubespray === undefined ? listed : chosen(listed, kubespray);
    for (const chart of charts) wanted.push(...(await imagesOfChart({ chart, values })));
    if (pods) wanted.push(...(await imagesOfCluster(namespaces)));
    for (const store of stores) wanted.push(...(options[store] ?? []).map((name) => imageOfStore(store, name)));
    for (const kind of archives) {
        for (const given of options[kind] ?? []) wanted.push(...(await imagesOfArchive(kind, here(given))));
    }
    return wanted;
}

/** What of the lists a cluster of kubespray's pulls. */
function chosen(listed: readonly Wanted[], given: readonly string[]): Wanted[] {
    const { needed, unknown } = neededBy(readOptions(given), listed);
    for (const { image, from } of unknown) say(`${image} (${from}) is none of kubespray's: it stays in`);
    return needed;
}

function commandLine() {
    const many = { type: "string", multiple: true } as const;
    const flag = { type: "boolean", default: false } as const;
    const options = {
        output: { type: "string" },
        work: { type: "string" },
        concurrency: { type: "string", default: "4" },
        ...{ chart: many, values: many, platform: many, namespace: many, kubespray: many },
        ...{ pods: flag, needed: flag, program: flag, "without-attached": flag },
        ...{ "docker-daemon": many, "containers-storage": many, "docker-archive": many, "oci-archive": many },
    } as const;
    const { values, positionals } = parsedLine({ allowPositionals: true, options }, usage);
    if (values.namespace !== undefined && !values.pods) throw new Refusal("--namespace is of --pods", "add --pods");
    const platforms = [...new Set(values.platform ?? [])].sort();
    const wrong = platforms.find((one) => !/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/.test(one));
    if (wrong !== undefined) throw new Refusal(`--platform: "${wrong}" is none`, "write it as linux/amd64");
    const concurrency = Number(values.concurrency);
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64) {
        throw new Refusal(`--concurrency: "${values.concurrency}" is not allowed`, "write a number from 1 to 64");
    }
    if (values.output === undefined) throw new Refusal("say which file to write: --output FILE", usage);
    const output = here(values.output);
    if (existsSync(output) && !statSync(output).isFile()) throw new Refusal(`${output} is no file`, "name another one");
    return {
        ...values,
        lists: positionals.map(here),
        namespaces: [...new Set(values.namespace ?? [])].sort(),
        charts: (values.chart ?? []).map((chart) => (existsSync(here(chart)) ? here(chart) : chart)),
        values: (values.values ?? []).map(here),
        platforms,
        concurrency,
        output,
        work: here(values.work ?? `${output}.work`),
        attached: !values["without-attached"],
    };
}
