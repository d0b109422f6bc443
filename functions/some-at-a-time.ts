/**
 * Does the work for each, at most `atOnce` at a time; the results are in the order of the inputs. After a failure no more
 * work begins; it is thrown when the work under way has ended, so that nothing goes on behind the caller's back.
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
