import { timestamp } from "./clock.ts";
import type { Row } from "./table.ts";

/** Somebody who logs in with a password. */
export interface User extends Row {
    readonly name: string;
    readonly password: string;
    readonly admin: boolean;
    readonly realname: string;
    readonly email: string;
    readonly comment: string;
    readonly created: number;
}

/** A user as Harbor answers it. */
export function shownUser(user: User): object {
    return {
        user_id: user.id,
        username: user.name,
        realname: user.realname,
        ...(user.email === "" ? {} : { email: user.email }),
        ...(user.comment === "" ? {} : { comment: user.comment }),
        sysadmin_flag: user.admin,
        admin_role_in_auth: false,
        creation_time: timestamp(user.created),
        update_time: timestamp(user.created),
    };
}
