import { living, nameOf, stackOutputs, textOf } from "./deployed.ts";

/** A certificate that the site rests on, and how long it does. */
export interface CertificateStatus {
    /** Logical name of the resource, or the output of the stack that tells its end. */
    readonly name: string;
    /** When it ends, RFC 3339. */
    readonly end: string;
    /** Whole days until then; below 0 once it is over. */
    readonly days: number;
    /** `due`: `pulumi up` renews it now. `ended`: nobody accepts it any more. */
    readonly state: "valid" | "due" | "ended";
}

const made = ["tls:index/selfSignedCert:SelfSignedCert", "tls:index/locallySignedCert:LocallySignedCert"];
/** Outputs that tell the end of what was given, or is made elsewhere. */
const told = {
    certificateExpiry: "server certificate",
    authorityExpiry: "authority",
    harborCertificateExpiry: "Harbor",
};
const hourMs = 3_600_000;

/** Every certificate of a state, the one that ends first at the front. `now` in ms. */
export function certificatesIn(state: unknown, now: number): CertificateStatus[] {
    const own = living(state)
        .filter(({ type = "" }) => made.includes(type))
        .flatMap((one) => {
            const { validityEndTime: end, earlyRenewalHours: early } = one.outputs ?? {};
            return typeof end === "string" ? [judged(nameOf(one), end, Number(early ?? 0), now)] : [];
        });
    const outputs = stackOutputs(state);
    const others = Object.entries(told).flatMap(([key, name]) => {
        const end = textOf(outputs[key]);
        return end === undefined || own.some((one) => one.end === end) ? [] : [judged(name, end, 0, now)];
    });
    return [...own, ...others].sort((a, b) => (a.end < b.end ? -1 : 1));
}

function judged(name: string, end: string, earlyHours: number, now: number): CertificateStatus {
    const left = Date.parse(end) - now;
    const state = left <= 0 ? "ended" : left <= earlyHours * hourMs ? "due" : "valid";
    return { name, end, days: Math.floor(left / (24 * hourMs)), state };
}
