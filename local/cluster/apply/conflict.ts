import type { ManagedFieldsEntry } from "../objects.ts";
import { ApiError } from "../status.ts";
import { shownPath } from "./field-path.ts";

export interface FieldConflict {
  owner: Pick<ManagedFieldsEntry, "manager" | "operation" | "apiVersion" | "subresource">;
  fields: string[];
}

/** The 409 of server-side apply, with the real API server's message: each owner once, followed by its fields. */
export function applyConflict(conflicts: readonly FieldConflict[]): ApiError {
  const causes = conflicts.flatMap((conflict) =>
    conflict.fields.map((field) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${shownOwner(conflict)}`,
      field: shownPath(field),
    })),
  );
  const [only] = causes;
  const text =
    causes.length === 1 && only !== undefined
      ? `${only.message}: ${only.field}`
      : conflicts
          .map((conflict) =>
            [
              `conflicts with ${shownOwner(conflict)}:`,
              ...conflict.fields.map((field) => `- ${shownPath(field)}`),
            ].join("\n"),
          )
          .join("\n");
  const noun = causes.length === 1 ? "conflict" : "conflicts";
  return new ApiError(409, "Conflict", `Apply failed with ${causes.length} ${noun}: ${text}`, { causes });
}

function shownOwner({ owner }: FieldConflict): string {
  const subresource = owner.subresource === undefined ? "" : ` with subresource "${owner.subresource}"`;
  return `"${owner.manager}"${subresource}${owner.operation === "Update" ? ` using ${owner.apiVersion}` : ""}`;
}
