import type { Member } from "./archive.ts";

export function programMembers(_work: string, _say: (line: string) => void): Promise<Member[]> {
    return Promise.resolve([]);
}
