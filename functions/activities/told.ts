import type { Surroundings } from "./activity.ts";

/** Does it, or says why not: one desktop's trouble must never stop the others. */
export async function told(
  { error }: Surroundings,
  what: string,
  work: () => Promise<unknown>,
): Promise<{ failed: string } | null> {
  try {
    await work();
    return null;
  } catch (failure) {
    const { message } = failure as Error;
    error(`${what}: ${message} (tried again at the next run)`);
    return { failed: message };
  }
}
