/** Stub until part A. */
import { hostsToml } from "./hostsToml.ts";
import type { Runtime } from "./runtimes.ts";
export interface TrustedRegistry {
    host: string;
    url: string;
    caBundle: string;
}
export interface Mirror {
    upstream: string;
    registry: string;
    caBundle: string;
    fallback: boolean;
    path?: string | undefined;
}
export interface NodeCredential {
    host: string;
    user: string;
    password: string;
}
export function trustFiles(
    _r: Runtime,
    dir: string,
    _owner: string,
    registries: readonly TrustedRegistry[],
    _m: readonly Mirror[],
    _c: readonly NodeCredential[],
): Record<string, string> {
    return Object.fromEntries(
        registries.flatMap((one) => [
            [`${dir}/${one.host}/hosts.toml`, hostsToml(one.url)],
            [`${dir}/${one.host}/ca.crt`, one.caBundle],
        ]),
    );
}
