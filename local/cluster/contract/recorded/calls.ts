import type { Call } from "./call.ts";
import { builtInCalls } from "./calls-builtin.ts";
import { changeCalls } from "./calls-builtin-changes.ts";
import { customCalls } from "./calls-custom.ts";
import { kindCalls } from "./calls-kinds.ts";
import { mediaCalls } from "./calls-media.ts";
import { optionCalls } from "./calls-options.ts";
import { pathCalls } from "./calls-paths.ts";
import { scaleCalls } from "./calls-scale.ts";
import { selectorCalls } from "./calls-selectors.ts";

/** All calls whose answers are recorded. */
export const calls: readonly Call[] = [
  ...customCalls,
  ...kindCalls,
  ...pathCalls,
  ...scaleCalls,
  ...mediaCalls,
  ...optionCalls,
  ...builtInCalls,
  ...changeCalls,
  ...selectorCalls,
];
