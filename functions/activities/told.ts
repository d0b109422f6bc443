import type { Surroundings } from "./activity.ts";

/** Does the work, or logs and returns why it failed: one desktop's failure must never stop the others. */
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
