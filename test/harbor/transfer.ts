import { sleep, type Clock } from "./clock.ts";
import type { Blob, Copy, Endpoint, Image, Outside } from "./outside.ts";
import { TaskLog } from "./taskLog.ts";

/** One run of one job: a repository, with the tags that are wanted. */
export interface Job {
    readonly from: Endpoint;
    readonly to: Endpoint;
    readonly repository: string;
    readonly tags: readonly string[];
    readonly target: string;
    readonly override: boolean;
    /** Kbit per second; 0 for as fast as it goes. */
    readonly speed: number;
    /** How long each layer takes in any case, in milliseconds. */
    readonly blobMs: number;
    readonly log: TaskLog;
    readonly stopped: () => boolean;
    /** Told of every tag that leads to an image at the destination from now on. */
    readonly placed: (tag: string, image: Image) => void;
}

/** The first bytes of every blob are not held back, whatever the speed. */
const unthrottled = 1_024_000;
/** How long a job waits between its five tries of one blob. */
const waits = [2000, 4000, 8000, 16_000];

/** Thrown when a job notices that it has been stopped. */
export class JobStopped extends Error {}

/** Copies what a job is about, and writes down what Harbor's own job writes. */
export class Transfer {
    private readonly outside: Outside;
    private readonly clock: Clock;
    private readonly job: Job;

    constructor(outside: Outside, clock: Clock, job: Job) {
        this.outside = outside;
        this.clock = clock;
        this.job = job;
    }

    /** Copies every tag. Throws what ended it, which is in the log by then. */
    async run(): Promise<void> {
        const { log, from, to, repository, target, tags, speed } = this.job;
        log.begin();
        log.clients(from, to);
        const all = TaskLog.names({ repository, target }, `[${tags.join(",")}]`);
        log.say(183, `copying ${all}...`);
        if (speed > 0) log.say(186, `limit network speed at ${String(speed)} kb/s`);
        try {
            for (const tag of tags) await this.tag(tag);
        } catch (error) {
            if (error instanceof JobStopped) log.say(175, "the job is stopped");
            else log.failed(error instanceof Error ? error.message : String(error));
            throw error;
        }
        log.say(205, `copy ${all} completed`);
    }

    private async tag(tag: string): Promise<void> {
        const { log, repository, from } = this.job;
        log.say(211, `copying ${this.names(tag)}...`);
        log.say(465, `pulling the manifest of artifact ${repository}:${tag} ...`);
        const image = await this.outside.image(from, repository, tag);
        if (image === undefined) {
            const error = "http status code: 404, body: ";
            log.say(468, `failed to pull the manifest of artifact ${repository}:${tag}: ${error}`, "ERROR");
            throw new Error(error);
        }
        log.say(471, `the manifest of artifact ${repository}:${tag} pulled`);
        await this.image(image, tag);
    }

    private async image(image: Image, reference: string): Promise<void> {
        const { log, repository, target, from, to, override } = this.job;
        const name = `${target}:${reference}`;
        if (to.id === 0 && !target.includes("/")) {
            // A name without a project is no name to Harbor.
            const error = "http status code: 400, body: ";
            const text = `failed to check the existence of the manifest of artifact ${name} on the destination registry`;
            log.say(479, `${text}: ${error}`, "ERROR");
            throw new Error(error);
        }
        const there = await this.outside.image(to, target, reference);
        if (there?.digest === image.digest) {
            log.say(227, `the artifact ${name} already exists on the destination registry, skip`);
            return;
        }
        if (there !== undefined) {
            const same = `the same name artifact ${name} exists on the destination registry`;
            if (!override) {
                log.say(233, `${same}, but the "override" is set to false, skip`, "WARNING");
                return;
            }
            log.say(238, `${same} and the "override" is set to true, continue...`, "WARNING");
        }
        const copy: Copy = { from, to, repository, tag: reference, target, image };
        for (const child of image.children ?? []) await this.child(child);
        for (const blob of image.blobs) await this.blob(copy, blob);
        log.say(494, `pushing the manifest of artifact ${name} ...`);
        if (!reference.startsWith("sha256:")) {
            await this.outside.finish(copy);
            this.job.placed(reference, image);
        }
        log.say(506, `the manifest of artifact ${name} pushed`);
        log.say(254, `copy ${this.names(reference)} completed`);
    }

    /** An image of an index is copied under its digest. */
    private async child(image: Image): Promise<void> {
        const { log, repository } = this.job;
        log.say(211, `copying ${this.names(image.digest)}...`);
        log.say(465, `pulling the manifest of artifact ${repository}:${image.digest} ...`);
        log.say(471, `the manifest of artifact ${repository}:${image.digest} pulled`);
        await this.image(image, image.digest);
    }

    private async blob(copy: Copy, blob: Blob): Promise<void> {
        const { log } = this.job;
        for (let attempt = 1; ; attempt += 1) {
            log.say(290, `copying the blob ${blob.digest}(the ${String(attempt)}th running)...`);
            if (this.job.stopped()) throw new JobStopped();
            try {
                await this.once(copy, blob);
                break;
            } catch (error) {
                const text = error instanceof Error ? error.message : String(error);
                log.say(396, `failed to pushing the blob ${blob.digest}, size ${String(blob.size)}: ${text}`, "ERROR");
                const wait = waits[attempt - 1];
                if (wait === undefined) throw error;
                log.say(298, `will retry ${String(wait / 1000)}s later`);
                await sleep(this.clock, wait);
            }
        }
        log.say(292, `copy the blob ${blob.digest} completed`);
    }

    private async once(copy: Copy, blob: Blob): Promise<void> {
        const { log, to, target, speed } = this.job;
        const there = await this.outside.blob(to, target, blob);
        if (there === target) {
            log.say(340, `the blob ${blob.digest} already exists on the destination registry, skip`);
            return;
        }
        if (there !== undefined && to.type === "harbor") {
            const from = `mounted from the repository ${there} on the destination registry directly`;
            log.say(355, `the blob ${blob.digest} ${from}`);
            await this.outside.copyBlob(copy, blob);
            return;
        }
        const held = speed > 0 ? Math.max(0, blob.size - unthrottled) / (speed * 128) : 0;
        const took = held * 1000 + this.job.blobMs;
        if (took > 0) await sleep(this.clock, took);
        await this.outside.copyBlob(copy, blob);
    }

    private names(reference: string): string {
        return TaskLog.names(this.job, reference);
    }
}
