import { sleep } from "./clock.ts";
import type { Identity } from "./permissions.ts";
import { expiry } from "./robot.ts";
import type { State } from "./state.ts";

const anonymous: Identity = { kind: "anonymous" };

/**
 * Finds out who asks. A wrong password is held for a while, and its user name locked meanwhile: somebody else's good password for it is then
 * turned down at once. Either way the request goes on, as nobody's.
 */
export class Login {
    private readonly state: State;
    private readonly locked = new Map<string, number>();

    constructor(state: State) {
        this.state = state;
    }

    async who(authorization: string | undefined): Promise<Identity> {
        const [name, secret] = credentials(authorization);
        if (name === undefined || secret === undefined) return anonymous;
        const { state } = this;
        const prefix = state.settings.robot_name_prefix;
        // A robot is looked up first, and its good secret passes whatever is held meanwhile.
        const robot = name.startsWith(prefix)
            ? state.robots.find((one) => `${prefix}${one.name}` === name && one.secret === secret)
            : undefined;
        if (robot !== undefined && !robot.disabled) {
            const end = expiry(robot);
            if (end < 0 || end * 1000 > state.clock.now()) return { kind: "robot", robot, name };
        }
        if ((this.locked.get(name) ?? 0) > state.clock.now()) return anonymous;
        const user = state.users.find((one) => one.name === name && one.password === secret);
        if (user !== undefined) return { kind: "user", user };
        const { lockMs = 1500 } = state.options;
        this.locked.set(name, state.clock.now() + lockMs);
        await sleep(state.clock, lockMs);
        return anonymous;
    }
}

function credentials(authorization: string | undefined): [string?, string?] {
    const [scheme, value] = (authorization ?? "").split(" ");
    if (scheme?.toLowerCase() !== "basic" || value === undefined) return [];
    const text = Buffer.from(value, "base64").toString();
    const colon = text.indexOf(":");
    return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}
