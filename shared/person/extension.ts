import type { Extension, PersonRecord } from "./record.ts";
import { mayUse } from "./request.ts";

/** The record with a desktop's extension in the place of any other. */
export function extend(record: PersonRecord, extension: Extension): PersonRecord {
  return { ...record, kept: extension };
}

/**
 * The record with a person's extension of their own desktop. The same record if the desktop is not theirs to use any more
 * (the next one is another), or is kept as long already: an administrator's word, or a longer one of theirs, stays.
 */
export function extendOwn(record: PersonRecord, extension: Extension): PersonRecord {
  const kept = extensionOf(record, extension.workspace);
  const isKept = kept !== undefined && kept.until >= extension.until;
  return isKept || !mayUse(record, extension.workspace) ? record : extend(record, extension);
}

/** The extension of that desktop, which may be over. */
export function extensionOf(record: PersonRecord | undefined, workspace: string): Extension | undefined {
  return record?.kept?.workspace === workspace ? record.kept : undefined;
}

interface OwnLimits {
  longestOwnExtensionMinutes: number;
  longestSessionMinutes: number;
}

/** What bounds the life of a desktop that runs; null is: not known. */
export interface Life {
  startedAt: string | null;
  entitledUntil: string | null;
}

/**
 * Until when people may keep their own desktop now: as far ahead as the policy says, and never longer than a desktop may
 * run or its person is entitled to it. Null if that is no later than it is kept already: an administrator's word is not
 * shortened.
 */
export function ownExtensionLimit(
  { longestOwnExtensionMinutes, longestSessionMinutes }: OwnLimits,
  { startedAt, entitledUntil }: Life,
  kept: Extension | undefined,
  now: Date,
): string | null {
  const ahead = now.getTime() + longestOwnExtensionMinutes * 60_000;
  const end = startedAt === null ? ahead : Date.parse(startedAt) + longestSessionMinutes * 60_000;
  const latest = Math.min(ahead, end, entitledUntil === null ? ahead : Date.parse(entitledUntil));
  const already = Math.max(now.getTime(), kept ? Date.parse(kept.until) : 0);
  return latest > already ? new Date(latest).toISOString() : null;
}
