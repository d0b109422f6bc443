import { z } from "zod";
import type { Adoption } from "../../shared/lifecycle/adoption.ts";
import { personId } from "../../shared/desktop/names.ts";
import { operationIdOf } from "../../shared/person/request.ts";
import { newRequest } from "../work/ask.ts";
import { planAdoption } from "../gather/adoption.ts";
import type { Services } from "../services.ts";
import { wake } from "../work/person.ts";
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
          words: "What is being done, with an operation for each person",
          body: adoptionAnswer,
          example: examples.adoption,
        },
      },
      handle: (call) => adopt(services, call),
    }),
  });
}

/**
 * Takes over what the operator left, person by person, as a request of theirs: whatever an activation or a suspension does
 * with such a desktop. `dryRun=true` says what that is and changes nothing.
 */
async function adopt(services: Services, { client, query }: Call<z.output<typeof dryRunQuery>>) {
  const { dryRun } = query;
  const { people, leftAlone } = await planAdoption(services);
  if (dryRun) return { status: 200, body: { dryRun, people, leftAlone } };

  const asked: (Adoption & { operation: string })[] = [];
  for (const person of people) {
    const { username, wants } = person;
    const wanted = newRequest(services, { username, workspace: wants, claims: {} });
    const record = await services.records.update(personId(username), (current) =>
      current ? null : { request: wanted, outcomes: {} },
    );
    // Whoever asked for a desktop meanwhile is adopted by that.
    await wake(client, username);
    asked.push({ ...person, operation: `/api/operations/${operationIdOf(record?.request ?? wanted)}` });
  }
  return { status: 202, body: { dryRun, people: asked, leftAlone } };
}
