/**
 * Does the work for each input, at most `atOnce` at a time, and returns the results in the order of the inputs. After a
 * failure no more work begins, and the failure is thrown when the work under way has ended.
 */
export async function someAtATime<In, Out>(
  atOnce: number,
  all: readonly In[],
  work: (each: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  const left = all.entries();
  let failed = false;
  const takeTurns = async () => {
    for (const [index, each] of left) {
      if (failed) return;
      try {
        results[index] = await work(each);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const turns = Array.from({ length: atOnce }, takeTurns);
  await Promise.all(turns).finally(() => Promise.allSettled(turns));
  return results;
}
