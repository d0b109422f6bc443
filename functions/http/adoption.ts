import { z } from "zod";
import { type Adoption, decideAdoption, type LeftAlone, type LeftDesktop } from "../../shared/lifecycle/adoption.ts";
import { type DesktopKey, nameDesktop, personId } from "../../shared/desktop/names.ts";
import { operationIdOf } from "../../shared/person/request.ts";
import { newRequest } from "../work/ask.ts";
import { planFor } from "../gather/plan.ts";
import { namingRules, type Services } from "../services.ts";
import { damagedAmong } from "../../shared/person/damaged-record.ts";
import { wake } from "../work/person.ts";
import { adoptionAnswer } from "./answers.ts";
import { type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { dryRun } from "./input.ts";
import { type Route, tokenRoute } from "./route.ts";

/** So many desktops are looked at side by side: enough to be quick, few enough for a database's small pool. */
const atOnce = 5;

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

async function planAdoption(services: Services): Promise<{ people: Adoption[]; leftAlone: LeftAlone[] }> {
  const [found, known, { records, damaged }] = await Promise.all([
    services.desktops.leftByOperator(),
    services.workspaces.known(),
    services.records.all(),
  ]);
  const leftAlone: LeftAlone[] = [];
  const byPerson = new Map<string, LeftDesktop[]>();
  const asked = new Set(records.map((record) => record.request.username));
  const isDamaged = damagedAmong(damaged);

  const look = async ({ name: deployment, desktop: key }: (typeof found)[number]) => {
    if (!key) return leftAlone.push({ deployment, reason: "does not say whose desktop in which workspace it is" });
    if (asked.has(key.username))
      return leftAlone.push({
        deployment,
        reason: `${key.username} uses this product already: their next start takes it over`,
      });
    if (isDamaged(key.username))
      return leftAlone.push({ deployment, reason: `the record of ${key.username} cannot be read (GET /health/ready)` });
    const plan = await planFor(services, { username: key.username, claims: {} }, key.workspace, known);
    const names = nameDesktop(key, namingRules(services), deployment);
    const expected = "names" in plan ? plan.names.deployment : deployment;
    if (expected !== deployment)
      return leftAlone.push({ deployment, reason: `${called(key)} is called ${expected}: there would be two` });
    const [cluster, rows] = await Promise.all([
      services.desktops.observe({ ...key, names }),
      services.guacamole.observe(names),
    ]);
    const others = byPerson.get(key.username) ?? [];
    byPerson.set(key.username, [...others, { ...key, names, cluster, rows, plan }]);
    return undefined;
  };
  for (let first = 0; first < found.length; first += atOnce)
    await Promise.all(found.slice(first, first + atOnce).map(look));

  const people: Adoption[] = [];
  for (const [username, left] of [...byPerson].sort(([one], [other]) => one.localeCompare(other))) {
    const decided = decideAdoption(
      username,
      left.sort((one, other) => one.workspace.localeCompare(other.workspace)),
    );
    if ("username" in decided) people.push(decided);
    else leftAlone.push(...decided);
  }
  leftAlone.sort((one, other) => one.deployment.localeCompare(other.deployment));
  return { people, leftAlone };
}

function called({ workspace, username }: DesktopKey): string {
  return `the desktop of ${username} in ${workspace}`;
}
