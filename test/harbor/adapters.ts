/** The registry types that Harbor offers; others of `knownTypes` can be used but are not listed. */
export const offeredTypes = [
    "ali-acr",
    "aws-ecr",
    "azure-acr",
    "docker-hub",
    "docker-registry",
    "github-ghcr",
    "google-gcr",
    "harbor",
    "huawei-SWR",
    "jfrog-artifactory",
    "tencent-tcr",
    "volcengine-cr",
];

/** The registry types that Harbor has an adapter for. */
export const knownTypes: ReadonlySet<string> = new Set([...offeredTypes, "quay", "gitlab", "dtr"]);

/** The registry types that a proxy cache project may have behind it. */
export const cacheTypes: ReadonlySet<string> = new Set([
    "docker-hub",
    "harbor",
    "azure-acr",
    "ali-acr",
    "aws-ecr",
    "google-gcr",
    "docker-registry",
    "github-ghcr",
    "jfrog-artifactory",
]);

const aliRegions =
    "cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai cn-shenzhen cn-heyuan " +
    "cn-guangzhou cn-chengdu cn-hongkong ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-5 ap-south-1 " +
    "ap-northeast-1 us-west-1 us-east-1 eu-central-1 eu-west-1 me-east-1";
const awsRegions =
    "us-east-2 us-east-1 us-west-1 us-west-2 af-south-1 ap-east-1 ap-south-1 ap-northeast-3 ap-northeast-2 " +
    "ap-southeast-1 ap-southeast-2 ap-northeast-1 ca-central-1 cn-north-1 cn-northwest-1 eu-central-1 eu-west-1 " +
    "eu-west-2 eu-south-1 eu-west-3 eu-north-1 me-south-1 sa-east-1";

/** How an endpoint of each type is written, where Harbor knows it. */
export function adapterInfos(): unknown {
    return {
        "ali-acr": list(aliRegions.split(" ").flatMap(aliEndpoints)),
        "aws-ecr": list(awsRegions.split(" ").map((region) => endpoint(region, `api.ecr.${region}.amazonaws.com`))),
        "docker-hub": fixed("hub.docker.com"),
        "github-ghcr": fixed("ghcr.io"),
        "google-gcr": {
            credential_pattern: {
                access_key_data: "_json_key",
                access_key_type: "AccessKeyTypeFix",
                access_secret_data: "No Change",
                access_secret_type: "AccessSecretTypeFile",
            },
            ...list(["gcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io"].map((host) => endpoint(host, host))),
        },
        "tencent-tcr": {},
        "volcengine-cr": {},
    };
}

function endpoint(key: string, host: string): { key: string; value: string } {
    return { key, value: `https://${host}` };
}

function list(endpoints: readonly unknown[]): object {
    return { endpoint_pattern: { endpoint_type: "EndpointPatternTypeList", endpoints } };
}

function fixed(host: string): object {
    return { endpoint_pattern: { endpoint_type: "EndpointPatternTypeFix", endpoints: [endpoint(host, host)] } };
}

function aliEndpoints(region: string): unknown[] {
    return [
        endpoint(region, `registry.${region}.aliyuncs.com`),
        endpoint(`${region}-vpc`, `registry-vpc.${region}.aliyuncs.com`),
        endpoint(`${region}-internal`, `registry-internal.${region}.aliyuncs.com`),
        endpoint(`${region}-ee-vpc`, `instanceName-registry-vpc.${region}.cr.aliyuncs.com`),
        endpoint(`${region}-ee`, `instanceName-registry.${region}.cr.aliyuncs.com`),
    ];
}

/** What replication with a registry of a type can do. The Harbor itself has the id 0, and it alone sees events. */
export function adapterInfo(type: string, id: number): unknown {
    const harbor = type === "harbor";
    const input = (name: string, style = "input"): object => ({ style, type: name, values: null });
    return {
        type,
        supported_resource_filters: [
            input("name"),
            input("tag"),
            ...(harbor ? [input("label", "list")] : []),
            { style: "radio", type: "resource", values: harbor ? ["image", "artifact"] : ["image"] },
        ],
        supported_triggers: ["manual", "scheduled", ...(id === 0 ? ["event_based"] : [])],
        ...(harbor ? { supported_copy_by_chunk: true } : {}),
    };
}
