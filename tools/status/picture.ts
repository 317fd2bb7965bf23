import { living, nameOf, stackOutputs, textOf, type StateResource } from "./deployed.ts";
import { futureNodes, otherRegistries } from "./otherRegistries.ts";
import type { SiteStatus } from "./siteStatus.ts";

/** How something is, in a word that needs no colour. */
export type Mark = "OK" | "DUE" | "FAILED" | "WAITING";

/** A part of the site. */
export interface Box {
    readonly title: string;
    readonly lines: readonly string[];
    readonly mark?: Mark;
}

/** Parts that stand side by side, and what leads to them from those above. */
export interface Row {
    readonly arrow: string;
    readonly boxes: readonly Box[];
}

/** More nodes than this are summed up: a picture with hundreds of boxes shows nothing. */
const mostNodes = 12;

/** The site as rows from the outside to the nodes, made from the resources of its state. */
export function pictureOf(state: unknown, status: SiteStatus): Row[] {
    const resources = living(state);
    const rows: Row[] = [
        { arrow: "", boxes: status.hosts.length === 0 ? [] : [{ title: "Clients outside", lines: status.hosts }] },
        { arrow: "TLS", boxes: waysIn(resources) },
        {
            arrow: "serves",
            boxes: [
                ...servers(resources, status),
                ...harborBoxes(resources, status),
                ...otherRegistries(state, resources, status),
            ],
        },
        { arrow: "keeps images in", boxes: stores(state, resources) },
        {
            arrow: "the registry is trusted by, and pulled from by",
            boxes: [...nodeBoxes(status), ...machineBoxes(status), ...futureNodes(state)],
        },
    ];
    return rows.filter(({ boxes }) => boxes.length > 0);
}

const ways = /(IngressRouteTCP|IngressRoute|:Ingress|HTTPRoute|TLSRoute|:Route)$/;

function waysIn(resources: readonly StateResource[]): Box[] {
    return resources
        .filter(({ type = "", inputs }) => ways.test(type) || exposedService(type, inputs))
        .map((one) => ({ title: kindOf(one), lines: [objectName(one)] }));
}

function exposedService(type: string, inputs: StateResource["inputs"]): boolean {
    const { type: kind } = (inputs?.spec ?? {}) as { type?: string };
    return type === "kubernetes:core/v1:Service" && (kind === "NodePort" || kind === "LoadBalancer");
}

function servers(resources: readonly StateResource[], { certificates }: SiteStatus): Box[] {
    const worst = certificates.some(({ state }) => state === "ended")
        ? "FAILED"
        : certificates.some(({ state }) => state === "due")
          ? "DUE"
          : "OK";
    const [first] = certificates;
    const end = first === undefined ? [] : [`certificate until ${first.end.slice(0, 10)}`];
    return resources
        .filter(({ type, urn = "" }) => type === "kubernetes:apps/v1:Deployment" && urn.includes("RegistryStack$"))
        .map((one) => {
            const { replicas } = (one.inputs?.spec ?? {}) as { replicas?: number };
            return {
                title: "Registry",
                lines: [objectName(one), `pods: ${String(replicas ?? 1)}`, ...end],
                mark: worst,
            };
        });
}

function harborBoxes(resources: readonly StateResource[], { harbor }: SiteStatus): Box[] {
    if (harbor === undefined) return [];
    const projects = resources.filter(({ type }) => type === "siteregistry:index:HarborProject").map(nameOf);
    const failed = harbor.rules.some(({ run }) => run !== "" && run !== "Succeed");
    const lines = [
        ...harbor.endpoints.map((name) => `endpoint ${name}`),
        ...harbor.rules.map(({ name, mode }) => `${mode} rule ${name}`),
        ...(projects.length === 0 ? [] : [`projects: ${projects.length.toString()}`]),
    ];
    return [{ title: "Harbor", lines, mark: failed ? "FAILED" : "OK" }];
}

function stores(state: unknown, resources: readonly StateResource[]): Box[] {
    const { kind, size, name } = (stackOutputs(state).storage ?? {}) as Record<string, unknown>;
    const claims = resources.filter(({ type }) => type === "kubernetes:core/v1:PersistentVolumeClaim");
    if (textOf(kind) === undefined && claims.length === 0) return [];
    const what = [textOf(name) ?? (claims[0] === undefined ? "" : objectName(claims[0])), textOf(size) ?? ""];
    return [{ title: `Storage (${textOf(kind) ?? "volume"})`, lines: what.filter((line) => line !== "") }];
}

function nodeBoxes({ nodes, proof }: SiteStatus): Box[] {
    const boxes = nodes.map(({ node, runtime, version, current, ready, status }): Box => {
        const pull = proof.find((one) => one.node === node);
        const bad = status === "failed" || pull?.status === "failed";
        const well = current && (pull === undefined || pull.status === "pulled");
        return {
            title: `Node ${node}`,
            lines: [`${runtime} ${version}`, ready ? (pull?.status ?? status) : "not Ready"],
            mark: bad ? "FAILED" : well && ready ? "OK" : "WAITING",
        };
    });
    const order: readonly (Mark | undefined)[] = ["FAILED", "WAITING", "DUE", "OK"];
    const sorted = [...boxes].sort((a, b) => order.indexOf(a.mark) - order.indexOf(b.mark));
    const rest = sorted.slice(mostNodes);
    if (rest.length === 0) return boxes;
    const well = rest.filter(({ mark }) => mark === "OK").length;
    const more: Box = { title: `${rest.length.toString()} more nodes`, lines: [`${well.toString()} of them OK`] };
    return [...sorted.slice(0, mostNodes), more];
}

function machineBoxes({ machines }: SiteStatus): Box[] {
    return machines.map(({ host, bundle, lacks }) => ({
        title: `Machine ${host}`,
        lines: [`bundle ${bundle || "-"}`],
        mark: lacks.length === 0 ? "OK" : "WAITING",
    }));
}

function kindOf({ type = "" }: StateResource): string {
    return type.split(":").at(-1) ?? type;
}

/** Name of the Kubernetes object, with its namespace where it has one. */
function objectName(one: StateResource): string {
    const { name, namespace } = (one.outputs?.metadata ?? one.inputs?.metadata ?? {}) as Record<string, unknown>;
    return [textOf(namespace), textOf(name) ?? nameOf(one)].filter((part) => part !== undefined).join("/");
}
