/** Runs something as if a table of steps had been changed. */
export async function withTable<Row, Result>(
  table: readonly Row[],
  rows: readonly Row[],
  run: () => Promise<Result>,
): Promise<Result> {
  const writable = table as Row[];
  const before = writable.splice(0, writable.length, ...rows);
  try {
    return await run();
  } finally {
    writable.splice(0, writable.length, ...before);
  }
}
