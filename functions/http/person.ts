import { z } from "zod";
import type { Services } from "../services.ts";
import { fulfil } from "./fulfil.ts";
import { endpoint } from "./endpoint.ts";
import { waitUpTo } from "./input.ts";
import { operationAnswers } from "./operation.ts";
import { type Route, tokenRoute } from "./route.ts";

const query = z.object({ wait: waitUpTo(10) });

/** Removes everything that a person who leaves has. For offboarding, not for the person or the login flow. */
export function personRoute(services: Services): Route {
  return tokenRoute(services, "person", "users/{username}", {
    DELETE: endpoint({
      summary: "Retire: permanently remove everything that the person has",
      callers: ["offboarding", "admin"],
      query,
      answers: operationAnswers,
      handle({ username, hub, query: { wait } }) {
        // No "unknown person" here: a person who leaves may have lost their bindings already; if nothing is left, it
        // succeeds.
        // Checked again each time: an earlier retirement says nothing about what was made since.
        const looksAgain = () => Promise.resolve(false);
        return fulfil(services, hub, username, { workspace: null, retire: true }, looksAgain, wait);
      },
    }),
  });
}
