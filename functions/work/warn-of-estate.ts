import { describeFinding } from "../../shared/lifecycle/doctor/describe.ts";
import { examineEstate } from "../gather/doctor.ts";
import { looksOf } from "../gather/looks.ts";
import type { Services } from "../services.ts";

/**
 * Looks at the estate, and warns once of each thing that is wrong. What is not known is no warning: the product works
 * without the rights to see everything.
 */
export async function warnOfEstate(
  services: Services,
  warn: (words: string) => void = (words) => {
    console.warn(words);
  },
): Promise<void> {
  try {
    for (const { name, findings } of await examineEstate(looksOf(services)))
      for (const finding of findings)
        if (finding.state === "wrong") warn(`the estate is not right: ${name}: ${describeFinding(finding)}`);
  } catch (error) {
    warn(`the estate was not looked at: ${(error as Error).message}`);
  }
}
