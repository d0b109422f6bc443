import { personId } from "../../shared/desktop/names.ts";
import { newRequest } from "../ask.ts";
import type { Services } from "../services.ts";
import { fulfil } from "./fulfil.ts";
import { authorize, readSeconds, readUsername } from "./input.ts";
import { registerRoute } from "./route.ts";

/** A caller of an offboarding may wait this long. */
const longestWaitSeconds = 10;

/** Everything that a person has, at once: for who leaves. Open to those who offboard, not to the person or the login flow. */
export function registerPerson(services: Services): void {
  registerRoute(services, "person", "users/{username}", {
    async DELETE({ request, principal, client }) {
      const username = readUsername(request);
      authorize(services, principal, username, ["offboarding", "admin"]);
      const wait = readSeconds(request, "wait", longestWaitSeconds);
      // No "unknown person" here: whoever leaves may have lost their bindings already, and nothing to remove is success.
      const last = (await services.requests.read(personId(username)))?.request;
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
  });
}
