import { stateOf } from "../../shared/lifecycle/doctor/check.ts";
import { sharedRead } from "../../shared/kubernetes/shared-read.ts";
import { examineEstate } from "../gather/doctor.ts";
import { looksOf } from "../gather/looks.ts";
import type { Services } from "../services.ts";
import { doctorAnswer } from "./answers.ts";
import { endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";

/** What is wrong with the estate around the product: the same as `npm run doctor`, from where the app runs. */
export function doctorRoute(services: Services): Route {
  const read = sharedRead(async () => {
    const at = services.now().toISOString();
    const checks = await examineEstate(looksOf(services));
    return { at, state: stateOf(checks), checks };
  });
  return tokenRoute(services, "maintenanceDoctor", "maintenance/doctor", {
    GET: endpoint({
      summary: "What is wrong with the estate around the product, and what to do",
      description:
        "Looks at the cluster, Guacamole's database and the identity provider, and changes nothing. What cannot be looked at is " +
        "`not known`, with the reason, and never `ok`. Takes up to half a minute if a system does not answer.",
      callers: ["monitoring", "admin"],
      answers: { 200: { words: "Every check", body: doctorAnswer, example: examples.doctor } },
      handle: async () => ({ status: 200, body: await read() }),
    }),
  });
}
