import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { all } from "@pulumi/pulumi";

import { QuayOrganization } from "../../plugin/sdk/quayOrganization.ts";
import { QuayRepository } from "../../plugin/sdk/quayRepository.ts";
import { QuayRobot } from "../../plugin/sdk/quayRobot.ts";
import { QuayTeam } from "../../plugin/sdk/quayTeam.ts";
import type { QuayConnectionArgs } from "../../plugin/sdk/quayConnection.ts";
import { dockerConfig } from "../registry/dockerConfig.ts";
import type { QuayOrganizationContentArgs } from "./quayRegistryArgs.ts";

/** Makes what is in an organisation. Returns its robots by their login. */
export function createOrganization(
    name: string,
    args: QuayOrganizationContentArgs,
    connection: QuayConnectionArgs,
    host: pulumi.Output<string>,
    labels: Record<string, string>,
    opts: pulumi.CustomResourceOptions,
): Record<string, QuayRobot> {
    const { name: organization, email } = args;
    const made = new QuayOrganization(`${name}-${organization}`, { ...connection, name: organization, email }, opts);
    const after = { ...opts, dependsOn: [made] };
    const logical = (role: string, one: string): string => `${name}-${organization}-${role}-${one}`;
    const teams = args.teams.map(
        (team) => new QuayTeam(logical("team", team.name), { ...connection, organization, ...team }, after),
    );
    const robots = args.robots.map(({ name: short, description, default: defaultRole, pullSecrets }) => {
        const inputs = { ...connection, organization, name: short, description, defaultRole };
        const robot = new QuayRobot(logical("robot", short), inputs, after);
        for (const target of pullSecrets) {
            new k8s.core.v1.Secret(
                `${logical("robot", short)}-${target.namespace}-${target.name}`,
                {
                    metadata: { ...target, labels },
                    type: "kubernetes.io/dockerconfigjson",
                    stringData: {
                        ".dockerconfigjson": all([host, robot.login, robot.token]).apply(([at, user, password]) =>
                            dockerConfig([{ host: at, user, password }]),
                        ),
                    },
                },
                opts,
            );
        }
        return [`${organization}+${short}`, robot] as const;
    });
    const members = { ...opts, dependsOn: [made, ...teams, ...robots.map(([, robot]) => robot)] };
    for (const { name: repository, ...rest } of args.repositories) {
        const inputs = { ...connection, organization, name: repository, ...rest };
        new QuayRepository(logical("repository", repository), inputs, members);
    }
    return Object.fromEntries(robots);
}
