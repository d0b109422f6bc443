import { z } from "zod";
import type { Adoption } from "../../shared/lifecycle/adoption.ts";
import { adopt } from "../../shared/person/ask.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import { planAdoption } from "../gather/adoption.ts";
import type { Services } from "../services.ts";
import { respellAllOf } from "../work/respell.ts";
import { changeAndWake, stamp } from "../work/person.ts";
import { adoptionAnswer } from "./answers.ts";
import { type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { dryRun } from "./input.ts";
import { type Route, tokenRoute } from "./route.ts";

const dryRunQuery = z.object({ dryRun });

export function adoptionRoute(services: Services): Route {
  return tokenRoute(services, "adopt", "maintenance/adopt", {
    POST: endpoint({
      summary: "Take over what the AWMS operator left",
      callers: ["admin"],
      query: dryRunQuery,
      answers: {
        200: { words: "With `dryRun`: what would be done", body: adoptionAnswer, example: examples.adoptionPlan },
        202: {
          words: "What is being done, with one operation per person",
          body: adoptionAnswer,
          example: examples.adoption,
        },
      },
      handle: (call) => adoptAll(services, call),
    }),
  });
}

/**
 * Takes over what the operator left, person by person, as that person's request: an activation or a suspension then
 * does the rest. `dryRun=true` reports what would be done and changes nothing.
 */
async function adoptAll(services: Services, { hub, query }: Call<z.output<typeof dryRunQuery>>) {
  const { dryRun } = query;
  const { people, leftAlone } = await planAdoption(services);
  if (dryRun) return { status: 200, body: { dryRun, people, leftAlone } };

  const asked: (Adoption & { operation: string })[] = [];
  for (const person of people) {
    const { username, wants } = person;
    const now = stamp(services);
    try {
      await respellAllOf(services, username);
      const record = await changeAndWake(services, hub, username, (current) =>
        adopt(current, username, { workspace: wants }, now),
      );
      asked.push({ ...person, operation: `/api/operations/${operationIdOf(record.request)}` });
    } catch (error) {
      const reason = `cannot be taken over now: ${(error as Error).message}`;
      leftAlone.push(...person.desktops.map(({ deployment }) => ({ deployment, reason })));
    }
  }
  return { status: 202, body: { dryRun, people: asked, leftAlone } };
}
