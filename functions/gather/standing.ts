import { asksForStanding } from "../../shared/lifecycle/notices.ts";
import type { Standing } from "../../shared/person/claims.ts";
import type { Notice } from "../../shared/person/notice.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";

/**
 * What the identity provider says of the person now: null if it does not know them; undefined if it cannot be asked, or if
 * it does not matter for this notice.
 *
 * @param tell told why it could not be asked
 */
export async function standingOf(
  { directory }: Services,
  { request }: PersonRecord,
  notice: Notice,
  tell: (message: string) => void,
): Promise<Standing | null | undefined> {
  const whom = request.subject ?? notice.subject;
  if (!directory || whom === undefined || !asksForStanding(notice)) return undefined;
  try {
    return await directory.look(whom);
  } catch (error) {
    tell(`${(error as Error).message}; going by the event alone`);
    return undefined;
  }
}
