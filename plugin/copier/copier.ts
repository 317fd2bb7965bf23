import type { ApiServer, KubeObject } from "./apiServer.ts";
import {
    accountsOf,
    credentialOf,
    ForeignSecret,
    isKeptBy,
    isOwned,
    isRight,
    putPullSecret,
    removePullSecret,
    secretsPath,
} from "./pullSecret.ts";
import { hasEntry } from "./serviceAccount.ts";
import { Watched } from "./watched.ts";
import { WorkQueue } from "./workQueue.ts";

/** What the copier is told by its ConfigMap. */
export interface CopierSettings {
    /** Name of the Secret. */
    readonly secretName: string;
    /** The site; see the label of that name. */
    readonly owner: string;
    /** The Secret whose content is copied. */
    readonly credential: { readonly namespace: string; readonly name: string };
    /** ServiceAccounts that hand the secret to their pods, where they exist. */
    readonly serviceAccounts: readonly string[];
    /** Namespaces that get nothing. */
    readonly excludedNamespaces: readonly string[];
    /** Further labels for the Secrets. Default: none. */
    readonly siteLabels?: Readonly<Record<string, string>>;
}

/** Namespaces that are worked on at once. */
const atOnce = 4;

/**
 * Keeps the pull secret in every namespace: watches the namespaces, its own Secrets and the ServiceAccounts, and mends what differs.
 * It touches Secrets that carry its owner's label, and no other.
 */
export class Copier {
    private readonly api: ApiServer;
    private readonly settings: CopierSettings;
    private readonly log: (line: string) => void;
    private readonly queue: WorkQueue;
    private readonly namespaces: Watched;
    private readonly secrets: Watched;
    private readonly accounts: readonly Watched[];
    private readonly source: Watched;
    private readonly foreign = new Set<string>();
    private credential = "";

    constructor(api: ApiServer, settings: CopierSettings, log: (line: string) => void) {
        this.api = api;
        this.settings = settings;
        this.log = log;
        this.queue = new WorkQueue(
            (namespace) => this.reconcile(namespace),
            (namespace, error) => {
                log(`${namespace}: ${error.message}; it is tried again`);
            },
            atOnce,
        );
        const observer = {
            changed: (namespace: string) => {
                this.queue.add(namespace);
            },
            synced: () => {
                this.addAll();
            },
            log,
        };
        // One object of a fixed name in each namespace: a right to those alone is enough for this selector.
        const named = (kind: string, name: string): Watched =>
            new Watched(api, `/api/v1/${kind}`, { fieldSelector: `metadata.name=${name}` }, observer);
        this.namespaces = new Watched(api, "/api/v1/namespaces", {}, observer);
        this.secrets = named("secrets", settings.secretName);
        this.accounts = settings.serviceAccounts.map((name) => named("serviceaccounts", name));
        // Watched, and no file: the kubelet may renew that a minute later, when the registry refuses the old credential already.
        const { namespace, name } = settings.credential;
        this.source = new Watched(
            api,
            secretsPath(namespace),
            { fieldSelector: `metadata.name=${name}` },
            {
                changed: () => {
                    this.takeCredential();
                },
                synced: () => undefined,
                log,
            },
        );
    }

    /** Works until `signal` says that it is over. */
    async run(signal: AbortSignal): Promise<void> {
        await Promise.all(this.watched.map((one) => one.run(signal)));
        this.queue.close();
    }

    /** Whether the cluster has been seen whole, and there is something to hand out. */
    get ready(): boolean {
        return this.credential !== "" && this.watched.every((one) => one.synced);
    }

    /** When the kind that has been silent for the longest was last heard of. */
    get heard(): number {
        return Math.min(...this.watched.map((one) => one.heard));
    }

    private get watched(): readonly Watched[] {
        return [this.namespaces, this.secrets, ...this.accounts, this.source];
    }

    /** Takes the credential, and hands it to every namespace when it is another one. The last one stays where there is none. */
    private takeCredential(): void {
        const credential = credentialOf(this.source.objects.get(this.settings.credential.namespace));
        if (credential === "" || credential === this.credential) return;
        if (this.credential !== "") this.log("the credential has changed: every namespace gets it");
        this.credential = credential;
        this.addAll();
    }

    private addAll(): void {
        for (const namespace of this.namespaces.objects.keys()) this.queue.add(namespace);
    }

    /** Makes one namespace right. Returns whether anything had to be done. */
    private async reconcile(name: string): Promise<boolean> {
        if (!this.ready) return false; // what is missing here may be there; once all is seen, every namespace gets its turn
        const namespace = this.namespaces.objects.get(name);
        const secret = this.secrets.objects.get(name);
        if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return false;
        const wanted = {
            name: this.settings.secretName,
            owner: this.settings.owner,
            keeper: "copier" as const,
            dockerconfigjson: this.credential,
            serviceAccounts: this.settings.serviceAccounts,
            siteLabels: this.settings.siteLabels,
        };
        if (this.settings.excludedNamespaces.includes(name)) return this.takeAway(name, secret);
        if (secret !== undefined && !isOwned(secret, wanted.owner)) {
            if (!this.foreign.has(name)) this.log(new ForeignSecret(name, wanted.name).message);
            this.foreign.add(name);
            return false;
        }
        this.foreign.delete(name);
        // While a site goes over from a selection to everywhere or back, the selection's word holds.
        if (secret !== undefined && !isKeptBy(secret, wanted)) return false;
        if (secret !== undefined && isRight(secret, wanted) && !this.lacksEntry(name)) return false;
        try {
            await putPullSecret(this.api, name, wanted, secret !== undefined);
        } catch (error) {
            if (!(error instanceof ForeignSecret)) throw error;
            return false; // the watch is about to bring it
        }
        this.log(`${name}: ${secret === undefined ? "handed out" : "mended"}`);
        return true;
    }

    /** Takes the secret out of an excluded namespace, if it is the copier's. */
    private async takeAway(namespace: string, secret: KubeObject | undefined): Promise<boolean> {
        const { owner, secretName, serviceAccounts } = this.settings;
        const ours = { name: secretName, owner, keeper: "copier" } as const;
        if (secret === undefined || !isKeptBy(secret, ours)) return false;
        // An account it is no longer told of is taken care of by the engine; the Secret changes then, and its turn comes again.
        if (accountsOf(secret).some((account) => !serviceAccounts.includes(account))) return false;
        await removePullSecret(this.api, namespace, ours);
        this.log(`${namespace}: taken back, since it is excluded`);
        return true;
    }

    /** Whether an account of the namespace is there and does not hand the secret out. */
    private lacksEntry(namespace: string): boolean {
        return this.accounts.some((watched) => {
            const account: KubeObject | undefined = watched.objects.get(namespace);
            return account !== undefined && !hasEntry(account, this.settings.secretName);
        });
    }
}
