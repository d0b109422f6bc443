import type { Trouble } from "../../shared/person/record.ts";

/** The trouble as it is shown: what newer releases wrote is left out. */
export function troubleOf({ tries, since, at, code, reason, step, nextTry }: Trouble): Trouble {
  return { tries, since, at, code, reason, step, nextTry };
}
