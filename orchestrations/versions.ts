/**
 * The versions for which a row of a table holds. An orchestration keeps the version that it was started with
 * (`defaultVersion` in host.json), so that work in flight finishes with the rows it began with.
 */
export interface VersionRange {
  /** The first version that has the row. Absent: every version up to `until`. */
  since?: string;
  /** The first version that no longer has it. */
  until?: string;
}

/** An orchestration that starts now. */
export const startedNow = { startedBefore: () => false };

/** The rows of a table that hold for this orchestration, in order. */
export function rowsFor<Row extends VersionRange>(
  { startedBefore }: { startedBefore: (version: string) => boolean },
  table: readonly Row[],
): readonly Row[] {
  return table.filter(
    ({ since, until }) =>
      (since === undefined || !startedBefore(since)) && (until === undefined || startedBefore(until)),
  );
}

/**
 * True if `version` is lower than `limit`. Compares number by number, as the host does (durabletask,
 * VersioningSettings.cs); an orchestration without a version is older than all that have one.
 */
export function isOlder(version: string | null | undefined, limit: string): boolean {
  if (!version) return true;
  const parts = numbersOf(version);
  for (const [index, part] of numbersOf(limit).entries()) {
    const own = parts[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

function numbersOf(version: string): number[] {
  return version.split(".").map(Number);
}
