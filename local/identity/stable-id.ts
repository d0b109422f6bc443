import { v5 as uuidFromName } from "uuid";

/** Returns the id of a name, the same after every restart. The namespace is an arbitrary constant. */
export function stableId(name: string): string {
  return uuidFromName(name, "6c3fbe8e-5c1b-4d0e-9d4b-0a5a3f3f6f0a");
}
