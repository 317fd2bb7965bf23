import { createHash } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

/** The first 12 hexadecimal digits of the SHA-256 of `text`: enough to tell two versions of one object apart. */
export function shortHash(text: string): string {
    return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The digest of a value, as one that may be shown: a digest does not give its secret away. */
export function checksum(value: pulumi.Output<string>): pulumi.Output<string> {
    return pulumi.unsecret(value.apply(shortHash));
}
