/** A problem that a person can solve: what is wrong, and what to do about it. Shown without a stack trace. */
export class Refusal extends Error {
    constructor(problem: string, remedy: string) {
        super(`${problem}\n  ${remedy}`);
        this.name = "Refusal";
    }
}
