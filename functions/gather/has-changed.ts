import { personId } from "../../shared/desktop/names.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import type { Services } from "../services.ts";

/**
 * True if the person asked for something else since this record was read, or what they asked for has ended. Record, cluster
 * and rows are not read at one time: access that goes because of a newer request would look as if it had failed.
 */
export async function hasChanged(
  { records }: Pick<Services, "records">,
  username: string,
  record: PersonRecord | null,
): Promise<boolean> {
  const newest = await records.read(personId(username));
  const stateOf = (each: PersonRecord | null) => each && outcomeOf(each)?.state;
  return newest?.request.id !== record?.request.id || stateOf(newest) !== stateOf(record);
}
