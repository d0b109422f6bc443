import type { DesktopNames } from "../../shared/desktop/names.ts";
import type { GuacamoleSide } from "../../shared/desktop/state.ts";
import { ProductError } from "../../shared/errors.ts";
import type { Services } from "../services.ts";

/** Somebody who logs in does not wait longer for a database that does not answer; a login page waits 5 to 10 seconds. */
const patienceSeconds = 3;

/**
 * What Guacamole's database holds of a desktop; null, with a line in the log, if it does not answer. It may be stopped until
 * somebody asks for a desktop, so nothing that comes before may need it.
 */
export async function rowsIfKnown(
  { guacamole }: Pick<Services, "guacamole">,
  names: DesktopNames,
  log: { error(words: string): void },
): Promise<GuacamoleSide | null> {
  return orNull(guacamole.observe(names), (words) => {
    log.error(words);
  });
}

/** Null, with a line in the log, if the database does not answer. */
export async function orNull<Found>(work: Promise<Found>, log: (words: string) => void): Promise<Found | null> {
  try {
    return await soon(work);
  } catch (error) {
    if (!(error instanceof ProductError && error.code === "guacamole-unavailable")) throw error;
    log(error.message);
    return null;
  }
}

/** The same, or guacamole-unavailable if it takes too long. */
export async function soon<Found>(work: Promise<Found>): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new ProductError(
          "guacamole-unavailable",
          `reach guacamole's database: it has not answered for ${patienceSeconds} seconds`,
        ),
      );
    }, patienceSeconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
