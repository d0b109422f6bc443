import { describeFinding } from "../../shared/lifecycle/doctor/describe.ts";
import { examineEstate, type Looks } from "../gather/doctor.ts";

/**
 * Looks at the estate, and warns once of each thing that is wrong. What is not known is no warning: the product works
 * without the rights to see everything.
 */
export async function warnOfEstate(
  looks: Looks,
  warn: (words: string) => void = (words) => {
    console.warn(words);
  },
): Promise<void> {
  try {
    for (const { name, findings } of await examineEstate(looks))
      for (const finding of findings)
        if (finding.state === "wrong") warn(`the estate is not right: ${name}: ${describeFinding(finding)}`);
  } catch (error) {
    warn(`the estate was not looked at: ${(error as Error).message}`);
  }
}
