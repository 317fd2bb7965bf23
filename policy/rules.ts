import type { Rule } from "./rule.ts";
import { certificateLifetime } from "./rules/certificateLifetime.ts";
import { drainable } from "./rules/drainable.ts";
import { exactTags } from "./rules/exactTags.ts";
import { keptData } from "./rules/keptData.ts";
import { namedPrivileges } from "./rules/namedPrivileges.ts";
import { noDefaultPasswords } from "./rules/noDefaultPasswords.ts";
import { noPlainSecrets } from "./rules/noPlainSecrets.ts";
import { noPlaintext } from "./rules/noPlaintext.ts";
import { sharedStorage } from "./rules/sharedStorage.ts";
import { verifiedTls } from "./rules/verifiedTls.ts";

/** What no stack may contain. */
export const rules: readonly Rule[] = [
    ...[verifiedTls, noPlaintext, exactTags, certificateLifetime, drainable, sharedStorage],
    ...[noPlainSecrets, noDefaultPasswords, keptData, namedPrivileges],
];
