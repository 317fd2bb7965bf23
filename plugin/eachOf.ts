/** Does the work for each name, a few at a time, whatever becomes of the others. Returns the errors by name. */
export async function eachOf(
    names: readonly string[],
    atOnce: number,
    work: (name: string) => Promise<void>,
): Promise<Map<string, Error>> {
    const failed = new Map<string, Error>();
    const waiting = names.values();
    const worker = async (): Promise<void> => {
        for (const name of waiting) {
            try {
                await work(name);
            } catch (error) {
                failed.set(name, error as Error);
            }
        }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return failed;
}
