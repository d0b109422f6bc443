import type { Extension, PersonRecord } from "./record.ts";

/** The record with a desktop's extension in the place of any other. */
export function extend(record: PersonRecord, extension: Extension): PersonRecord {
  return { ...record, kept: extension };
}

/** The extension of that desktop, which may be over. */
export function extensionOf(record: PersonRecord | undefined, workspace: string): Extension | undefined {
  return record?.kept?.workspace === workspace ? record.kept : undefined;
}
