import type { Body, Structure } from "./bind.ts";

const credential: Structure = {
    type: "RegistryCredential",
    fields: { type: "string", access_key: "string", access_secret: "string" },
};
const registry: Structure = {
    type: "Registry",
    fields: {
        id: "int64",
        name: "string",
        description: "string",
        type: "string",
        url: "string",
        insecure: "bool",
        ca_certificate: "string",
        credential,
    },
};
const flatRegistry = {
    name: "string",
    description: "string",
    url: "string",
    insecure: "bool",
    ca_certificate: "string",
    credential_type: "string",
    access_key: "string",
    access_secret: "string",
} as const;
const policy: Structure = {
    type: "ReplicationPolicy",
    fields: {
        id: "int64",
        name: "string",
        description: "string",
        src_registry: registry,
        dest_registry: registry,
        dest_namespace: "string",
        dest_namespace_replace_count: "int8",
        filters: [{ type: "ReplicationFilter", fields: { type: "string", value: "any", decoration: "string" } }],
        trigger: {
            type: "ReplicationTrigger",
            fields: {
                type: "string",
                trigger_settings: { type: "ReplicationTriggerSettings", fields: { cron: "string" } },
            },
        },
        enabled: "bool",
        override: "bool",
        deletion: "bool",
        replicate_deletion: "bool",
        speed: "int32",
        copy_by_chunk: "bool",
        single_active_replication: "bool",
    },
};
const permission: Structure = {
    type: "RobotPermission",
    fields: {
        kind: "string",
        namespace: "string",
        access: [{ type: "Access", fields: { resource: "string", action: "string", effect: "string" } }],
    },
};
const metadataKeys = [
    "public",
    "proxy_speed_kb",
    "max_upstream_conn",
    "proxy_cache_local_on_not_found",
    "retention_id",
];
const metadata: Structure = {
    type: "ProjectMetadata",
    fields: Object.fromEntries(metadataKeys.map((key) => [key, "string"])),
};

/** The bodies that calls take, as the calls name them in their messages. */
export const bodies = {
    registry: { name: "registry", shape: registry },
    registryUpdate: { name: "registry", shape: { type: "RegistryUpdate", fields: flatRegistry } },
    registryPing: {
        name: "registry",
        shape: { type: "RegistryPing", fields: { id: "int64", type: "string", ...flatRegistry } },
    },
    policy: { name: "policy", shape: policy },
    execution: { name: "execution", shape: { type: "StartReplicationExecution", fields: { policy_id: "int64" } } },
    project: {
        name: "project",
        shape: {
            type: "ProjectReq",
            fields: { project_name: "string", metadata, storage_limit: "int64", registry_id: "int64" },
        },
    },
    quota: {
        name: "hard",
        shape: {
            type: "QuotaUpdateReq",
            fields: { hard: { type: "ResourceList", fields: { storage: "int64" } } },
        },
    },
    robot: {
        name: "robot",
        shape: {
            type: "RobotCreate",
            fields: {
                name: "string",
                description: "string",
                level: "string",
                duration: "int64",
                disable: "bool",
                secret: "string",
                permissions: [permission],
            },
        },
    },
    robotSecret: { name: "robotSec", shape: { type: "RobotSec", fields: { secret: "string" } } },
    user: {
        name: "userReq",
        shape: {
            type: "UserCreationReq",
            fields: { username: "string", email: "string", realname: "string", password: "string", comment: "string" },
        },
    },
    configurations: {
        name: "configurations",
        shape: {
            type: "Configurations",
            fields: {
                read_only: "bool",
                project_creation_restriction: "string",
                robot_name_prefix: "string",
                robot_token_duration: "int64",
            },
        },
    },
} as const satisfies Record<string, Body>;
