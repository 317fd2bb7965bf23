import type { Rule } from "../rule.ts";

export const certificateLifetime: Rule = {
    id: "certificate-lifetime",
    level: "mandatory",
    description: "No certificate is valid for longer than maxDays, and no authority for longer than maxAuthorityDays.",
    reason: "a key that leaks is good for as long as its certificate, and many clients refuse longer ones",
    remedy: "make registry.certificate.validityHours or caValidityHours smaller",
    settings: {
        maxDays: { type: "integer", minimum: 1, default: 398 },
        maxAuthorityDays: { type: "integer", minimum: 1, default: 3660 },
    },
    check: ({ type, props }, config) => {
        if (!/:(LocallySignedCert|SelfSignedCert)$/.test(type) || typeof props.validityPeriodHours !== "number")
            return [];
        const key = props.isCaCertificate === true ? "maxAuthorityDays" : "maxDays";
        const [days, most] = [props.validityPeriodHours / 24, Number(config[key])];
        if (days <= most) return [];
        return [`is valid for ${Math.round(days).toString()} days; ${key} is ${most.toString()}`];
    },
};
