import { timestamp } from "./clock.ts";
import type { Row } from "./table.ts";

/** What a robot may do in one place. */
export interface Permission {
    /** `system` or `project`. */
    readonly kind: string;
    /** `/`, or the name of a project. */
    readonly namespace: string;
    readonly access: readonly Access[];
}

/** One thing that may be done. */
export interface Access {
    readonly resource: string;
    readonly action: string;
}

/** A robot account. */
export interface Robot extends Row {
    /** Without the prefix; with the project's name and a plus sign if it belongs to one. */
    readonly name: string;
    /** `system` or `project`. */
    readonly level: string;
    readonly description: string;
    readonly secret: string;
    readonly disabled: boolean;
    /** Days, or -1 for ever. */
    readonly duration: number;
    readonly permissions: readonly Permission[];
    readonly created: number;
    readonly updated: number;
}

/** When a robot's account ends, in seconds since 1970; -1 for never. */
export function expiry(robot: Robot): number {
    return robot.duration < 0 ? -1 : Math.floor(robot.created / 1000) + robot.duration * 86_400;
}

/** A robot as Harbor answers it. Its secret is never in it. */
export function shownRobot(robot: Robot, prefix: string): object {
    return {
        id: robot.id,
        name: `${prefix}${robot.name}`,
        level: robot.level,
        ...(robot.description === "" ? {} : { description: robot.description }),
        duration: robot.duration,
        expires_at: expiry(robot),
        disable: robot.disabled,
        editable: true,
        creator_type: "local",
        creator_ref: 1,
        permissions: robot.permissions,
        creation_time: timestamp(robot.created),
        update_time: timestamp(robot.updated),
    };
}
