import { BaseSequencer, type TestSpecification } from "vitest/node";

/** These take much longer than the others; the longest first. A missing or superfluous name costs only time. */
const long = [
  "keycloak/real",
  "control-plane/kwok",
  "api-schemathesis/schemathesis",
  "simulation/simulation",
  "last-words/last-words",
  "test/crash",
  "test/odd-objects",
  "test/start",
  "test/activation-faults",
  "test/reap-race",
  "test/retirement",
  "test/crowd",
  "test/dev",
];

/**
 * The long ones first, then those that start processes, then the quick ones. Within each class the larger (or, if
 * known, longer) ones come first, so that no long one runs alone at the end.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const index = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      if (index >= 0) return index;
      return project.name === "processes" ? long.length : long.length + 1;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
