import { asksForStanding, needsStanding } from "../../shared/lifecycle/notices.ts";
import type { Standing } from "../../shared/person/claims.ts";
import type { Notice } from "../../shared/person/notice.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";

/**
 * Returns the person's standing at the identity provider: null if they are unknown there; undefined if it does not
 * answer, or if it does not matter for this notice. Throws if it does not answer and the notice says nothing without it.
 *
 * @param tell logs why it did not answer
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
    if (needsStanding(notice)) throw error;
    tell(`${(error as Error).message}; deciding by the event alone`);
    return undefined;
  }
}
