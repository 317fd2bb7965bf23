/** The seed of this run's generated cases: `SEED` of the environment, or a new one. Printed, so that a failure can be repeated. */
export function chosenSeed(what: string): number {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`        ${what}: SEED=${seed.toString()}`);
    return seed;
}
