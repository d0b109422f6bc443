import { describe } from "vitest";
import { describeOnKeycloak } from "./available.ts";
import { describeChooseWorkspace } from "./choose-workspace.ts";
import { describeHarness } from "./harness.ts";

/** Everything on a real Keycloak is in this file: a start takes half a minute, so each version starts once. */
describeOnKeycloak((keycloak, distribution) => {
  describe("what the other tests use", () => {
    describeHarness(keycloak, distribution);
  });
  describe("a person who chooses a workspace at login", () => {
    describeChooseWorkspace(keycloak);
  });
});
