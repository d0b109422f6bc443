import { isJsonObject, textOf, type Json, type JsonObject } from "../objects.ts";

/** A column of a table: its definition, and an object's cell. */
export interface Column {
  definition: { name: string; type: string; format: string; description: string; priority: number };
  cell: (object: JsonObject) => Json;
}

export const column = (
  name: string,
  description: string,
  cell: Column["cell"],
  more: Partial<Column["definition"]> = {},
): Column => ({ definition: { name, type: "string", format: "", description, priority: 0, ...more }, cell });

export const plainNameWords =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
export const ageWords =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

const metadataOf = ({ metadata }: JsonObject): JsonObject => (isJsonObject(metadata) ? metadata : {});

export const nameOf = (object: JsonObject): string => textOf(metadataOf(object)["name"]);
export const nameColumn: Column = column("Name", plainNameWords, nameOf, { format: "name" });

/** Returns an object's age, as kubectl shows it. */
export const ageOf = (object: JsonObject): string => since(metadataOf(object)["creationTimestamp"]);

/** apimachinery's HumanDuration: two units while the first is small. */
export function since(instant: Json | undefined, now = Date.now()): string {
  if (typeof instant !== "string") return "<unknown>";
  const seconds = Math.max(0, Math.floor((now - Date.parse(instant)) / 1000));
  const [minutes, hours, days] = [60, 3_600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  const both = (whole: number, unit: string, rest: number, small: string): string =>
    rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${small}`;
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return both(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return both(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  if (days < 8) return both(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? both(years, "y", days % 365, "d") : `${years}y`;
}
