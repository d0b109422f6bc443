import { entitlementSeeds } from "./entitlement.ts";
import { leftoversSeeds } from "./leftovers.ts";
import { networkSeeds } from "./network.ts";
import { podTemplateSeeds } from "./pod-template.ts";
import { podSeeds } from "./pods.ts";
import { rowsSeeds } from "./rows.ts";
import { stateSeeds } from "./state.ts";

/** Everything that reconciliation looks for. */
export const seeds = [
  ...entitlementSeeds,
  ...leftoversSeeds,
  ...rowsSeeds,
  ...networkSeeds,
  ...podTemplateSeeds,
  ...podSeeds,
  ...stateSeeds,
];
