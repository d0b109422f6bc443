import { describe } from "vitest";
import { describeIdentityContract } from "@stand-in/identity/contract";
import { describeOnKeycloak } from "./available.ts";
import { describeChooseWorkspace } from "./choose-workspace.ts";
import { contractRealm } from "./contract.ts";
import { describeDirectory } from "./directory.ts";
import { describeEvents } from "./events.ts";
import { describeGuide } from "./guide.ts";
import { describeHarness } from "./harness.ts";
import { describeLeaver } from "./leaver.ts";
import { describePortalWaits } from "./portal-waits.ts";
import { describeProduct } from "./product.ts";
import { describeProviderReadme } from "./provider-readme.ts";
import { describeStart } from "./start.ts";

/** Everything on a real Keycloak is in this file: a start takes half a minute, so each version starts once. */
describeOnKeycloak((keycloak, distribution) => {
  describe("what the other tests use", () => {
    describeHarness(keycloak, distribution);
  });
  describe("the provider", () => {
    describeProviderReadme(keycloak, distribution);
  });
  describe("a person who chooses a workspace at login", () => {
    describeChooseWorkspace(keycloak, distribution);
  });
  describeGuide(keycloak, distribution);
  describe("the product", () => {
    describeProduct(keycloak);
  });
  describe("the portal", () => {
    describePortalWaits(keycloak);
  });
  describe("what the product sees of people", () => {
    describeDirectory(keycloak);
  });
  describe("what the product understands of events", () => {
    describeEvents(keycloak, distribution);
  });
  describe("a person who signs out, or leaves", () => {
    describeLeaver(keycloak, distribution);
  });
  const version = { keycloak: distribution.version, events: distribution.events };
  describeIdentityContract("what the stand-in imitates", version, () => contractRealm(keycloak()));
});

describeStart();
