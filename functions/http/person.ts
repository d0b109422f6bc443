import { z } from "zod";
import { personId } from "../../shared/desktop/names.ts";
import { newRequest } from "../work/ask.ts";
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
      async handle({ username, client, query: { wait } }) {
        // No "unknown person" here: whoever leaves may have lost their bindings already, and nothing to remove is success.
        const last = (await services.records.read(personId(username)))?.request;
        const wanted = newRequest(services, {
          username,
          workspace: null,
          retire: true,
          subject: last?.subject,
          claims: last?.claims ?? {},
        });
        // Looked at anew each time: that it once ended says nothing of what came since.
        return fulfil(services, client, wanted, () => Promise.resolve(false), wait);
      },
    }),
  });
}
