import { timestamp } from "./clock.ts";
import type { Image } from "./outside.ts";
import { Table, type Row } from "./table.ts";

/** A repository of the Harbor's own. */
interface Repository extends Row {
    /** With the project. */
    readonly name: string;
    readonly created: number;
    updated: number;
}

/** A tag of an artifact. */
interface Tag {
    readonly id: number;
    readonly name: string;
    readonly pushed: number;
}

/** An image of the Harbor's own, with or without tags. */
interface Artifact extends Row {
    readonly repositoryId: number;
    readonly image: Image;
    readonly pushed: number;
    tags: Tag[];
}

/** What the Harbor knows of the images in its own registry. */
export class Content {
    private readonly repositories = new Table<Repository>();
    private readonly artifacts = new Table<Artifact>();
    private tagIds = 0;

    /** Repositories of a project. */
    of(project: string): Repository[] {
        return this.repositories.all().filter((repository) => repository.name.startsWith(`${project}/`));
    }

    /** Notes that a tag leads to an image from now on. The image it led to before stays, without the tag. */
    put(name: string, tag: string, image: Image, now: number): void {
        const repository = this.repository(name) ?? {
            id: this.repositories.nextId(),
            name,
            created: now,
            updated: now,
        };
        repository.updated = now;
        this.repositories.put(repository);
        const own = this.artifactsOf(repository);
        // A tag keeps its id when it moves to another artifact.
        const old = own.flatMap((artifact) => artifact.tags).find((one) => one.name === tag);
        for (const artifact of own) artifact.tags = artifact.tags.filter((one) => one.name !== tag);
        const known = own.find((artifact) => artifact.image.digest === image.digest);
        const artifact = known ?? {
            id: this.artifacts.nextId(),
            repositoryId: repository.id,
            image,
            pushed: now,
            tags: [],
        };
        this.tagIds += old === undefined ? 1 : 0;
        artifact.tags.push({ id: old?.id ?? this.tagIds, name: tag, pushed: now });
        this.artifacts.put(artifact);
    }

    /** Deletes the artifact that a tag or a digest leads to. The answer are the tags that went with it. */
    delete(name: string, reference: string): string[] | undefined {
        const repository = this.repository(name);
        if (repository === undefined) return undefined;
        const leads = (artifact: Artifact): boolean =>
            artifact.image.digest === reference || artifact.tags.some((tag) => tag.name === reference);
        const artifact = this.artifactsOf(repository).find(leads);
        if (artifact === undefined) return undefined;
        this.artifacts.delete(artifact.id);
        return artifact.tags.map((tag) => tag.name);
    }

    /** Deletes a repository with all that is in it. Says whether it was there. */
    deleteRepository(name: string): boolean {
        const repository = this.repository(name);
        if (repository === undefined) return false;
        for (const artifact of this.artifactsOf(repository)) this.artifacts.delete(artifact.id);
        return this.repositories.delete(repository.id);
    }

    shownRepositories(project: string, projectId: number): { name: string; id: number }[] {
        return this.of(project).map((repository) => ({
            id: repository.id,
            name: repository.name,
            project_id: projectId,
            artifact_count: this.artifactsOf(repository).length,
            pull_count: 0,
            creation_time: timestamp(repository.created),
            update_time: timestamp(repository.updated),
        }));
    }

    shownArtifacts(project: string, projectId: number, name: string): { id: number }[] {
        const repository = this.repository(`${project}/${name}`);
        if (repository === undefined) return [];
        const path = `/api/v2.0/projects/${project}/repositories/${name.replaceAll("/", "%2F")}/artifacts`;
        return this.artifactsOf(repository)
            .map((artifact) => shownArtifact(artifact, repository, projectId, path))
            .sort((a, b) => b.id - a.id);
    }

    private repository(name: string): Repository | undefined {
        return this.repositories.find((repository) => repository.name === name);
    }

    private artifactsOf(repository: Repository): Artifact[] {
        return this.artifacts.all().filter((artifact) => artifact.repositoryId === repository.id);
    }
}

/** The picture that Harbor shows with an image. */
const icon = "sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06";

function shownArtifact(artifact: Artifact, repository: Repository, projectId: number, path: string): { id: number } {
    const { image } = artifact;
    const tags = artifact.tags.map((tag) => ({
        id: tag.id,
        artifact_id: artifact.id,
        repository_id: repository.id,
        name: tag.name,
        immutable: false,
        push_time: timestamp(tag.pushed),
        pull_time: timestamp(undefined),
    }));
    const history = { absolute: false, href: `${path}/${image.digest}/additions/build_history` };
    const config = image.labels === undefined ? {} : { config: { Labels: image.labels } };
    const shown = {
        id: artifact.id,
        type: "IMAGE",
        artifact_type: "application/vnd.oci.image.config.v1+json",
        media_type: "application/vnd.oci.image.config.v1+json",
        manifest_media_type: "application/vnd.oci.image.manifest.v1+json",
        digest: image.digest,
        size: image.size,
        icon,
        project_id: projectId,
        repository_id: repository.id,
        repository_name: repository.name,
        accessories: null,
        addition_links: { build_history: history },
        extra_attrs: { architecture: "amd64", author: "", ...config, created: null, os: "linux" },
        labels: null,
        references: null,
        tags: tags.length === 0 ? null : tags,
        push_time: timestamp(artifact.pushed),
        pull_time: timestamp(undefined),
    };
    return shown;
}
