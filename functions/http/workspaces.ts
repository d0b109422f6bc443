import { z } from "zod";
import { bindsPerson, decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { nameDesktop } from "../../shared/desktop/names.ts";
import { describeState } from "../../shared/desktop/state.ts";
import { isRefusal, ProductError } from "../../shared/errors.ts";
import { namingRules, type Services, today } from "../services.ts";
import { workspacesAnswer } from "./answers.ts";
import { endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";
import { claims, jsonText } from "./shapes.ts";

const query = z.object({
  claims: jsonText(claims)
    .optional()
    .meta({ description: "The person's claims that bindings look at, as a JSON object; for services" }),
});

export function workspacesRoute(services: Services): Route {
  return tokenRoute(services, "workspaces", "users/{username}/workspaces", {
    GET: endpoint({
      summary: "Which workspaces the person may use, until when or why not, and how the desktop is there",
      callers: ["self", "service", "admin"],
      query,
      answers: {
        200: {
          words: "All that any binding gives the person, by name",
          body: workspacesAnswer,
          example: examples.workspaces,
        },
      },
      async handle({ caller, username, principal, query: { claims: said } }) {
        if (caller === "self" && said)
          throw new ProductError("not-allowed", "only a service may say a person's claims: yours are in your token");
        const own = caller === "self" ? principal.claims : (said ?? {});

        const known = await services.workspaces.known();
        const person = { username, claims: own };
        const bindings = known.bindings.filter((binding) => bindsPerson(binding, person));
        const names = [...new Set(bindings.map(({ workspace }) => workspace))].sort();
        const workspaces = await Promise.all(names.map((name) => describe(services, person, name, known)));
        return { status: 200, body: { username, workspaces } };
      },
    }),
  });
}

type Known = Parameters<typeof decideEntitlement>[2];

async function describe(
  services: Services,
  person: { username: string; claims: Record<string, unknown> },
  name: string,
  known: Known,
) {
  const workspace = known.workspaces.find((candidate) => candidate.name === name);
  const shown = { workspace: name, displayName: workspace?.displayName, description: workspace?.description };
  const entitlement = decideEntitlement(person, name, known, today(services));
  if (isRefusal(entitlement))
    return { ...shown, entitled: false, code: entitlement.refused, reason: entitlement.reason };

  const key = { workspace: name, username: person.username };
  const names = nameDesktop(key, namingRules(services), entitlement.deployment);
  const [cluster, rows] = await Promise.all([
    services.desktops.observe({ ...key, names }),
    services.guacamole.observe(names),
  ]);
  return {
    ...shown,
    entitled: true,
    until: entitlement.until,
    guacamoleUsername: names.entity,
    desktop: describeState(cluster, rows),
  };
}
