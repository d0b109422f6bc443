import { isJsonObject, type Json, type JsonObject } from "../objects.ts";
import { builtInColumns } from "./columns-builtin.ts";
import { ageOf, ageWords, type Column, column, nameColumn, plainNameWords } from "./column.ts";
import type { Kind } from "./kind.ts";

/** The columns of a kind's table. */
export function columnsOf({ key, printerColumns }: Kind): readonly Column[] {
  if (printerColumns !== undefined) return [nameColumn, ...printerColumns.map(printerColumn)];
  return builtInColumns[key] ?? [nameColumn, column("Age", ageWords, ageOf)];
}

/** The columns of a Scale, which differ between the two servers. */
export function scaleColumns({ custom }: Kind): readonly Column[] {
  const at = (part: string) => (object: JsonObject) => valueAt(object, [part, "replicas"]) ?? 0;
  const words = custom
    ? ["Number of desired replicas", "Number of actual replicas"]
    : [
        "replicas is the desired number of instances for the scaled object.",
        "replicas is the actual number of observed instances of the scaled object.",
      ];
  return [
    custom ? nameColumn : column("Name", plainNameWords, nameColumn.cell),
    column("Desired", words[0] ?? "", at("spec"), { type: "integer" }),
    column("Available", words[1] ?? "", at("status"), { type: "integer" }),
    column("Age", ageWords, ageOf, custom ? { type: "date" } : {}),
  ];
}

function printerColumn({ name, type, jsonPath }: { name: string; type: string; jsonPath: string }): Column {
  const path = jsonPath.split(".").slice(1);
  const words = `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return column(name, words, (object) => valueAt(object, path) ?? null, { type });
}

function valueAt(object: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const field of path) value = isJsonObject(value) ? value[field] : undefined;
  return value;
}
