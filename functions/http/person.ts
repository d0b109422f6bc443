import { z } from "zod";
import type { Services } from "../services.ts";
import { fulfil } from "./fulfil.ts";
import { endpoint } from "./endpoint.ts";
import { waitUpTo } from "./input.ts";
import { operationAnswers } from "./operation.ts";
import { type Route, tokenRoute } from "./route.ts";

const query = z.object({ wait: waitUpTo(10) });

/** Everything that a person has, at once: for who leaves. Open to those who offboard, not to the person or the login flow. */
export function personRoute(services: Services): Route {
  return tokenRoute(services, "person", "users/{username}", {
    DELETE: endpoint({
      summary: "Retire: remove everything that the person has, for good",
      callers: ["offboarding", "admin"],
      query,
      answers: operationAnswers,
      handle({ username, hub, query: { wait } }) {
        // No "unknown person" here: whoever leaves may have lost their bindings already, and nothing to remove is success.
        // Looked at again each time: that it ended once says nothing about what came since.
        const looksAgain = () => Promise.resolve(false);
        return fulfil(services, hub, username, { workspace: null, retire: true }, looksAgain, wait);
      },
    }),
  });
}
