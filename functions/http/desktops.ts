import { randomUUID } from "node:crypto";
import { z } from "zod";
import { decideEntitlement } from "../../shared/desktop/entitlement.ts";
import {
  canonicalUsername,
  deploymentName,
  type DesktopKey,
  keyText,
  nameDesktop,
  personId,
} from "../../shared/desktop/names.ts";
import { extend, extensionOf } from "../../shared/person/extension.ts";
import { leaveOf } from "../../shared/person/presence.ts";
import { operationIdOf } from "../../shared/person/operation.ts";
import { retireDesktops, retirementOf } from "../../shared/person/retirement.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { outcomeOf } from "../../shared/person/request.ts";
import type { Limits } from "../../shared/lifecycle/reaping.ts";
import type { Decision } from "../../shared/desktop/decision.ts";
import type { DescribedState } from "../../shared/desktop/state.ts";
import { describeDesktop } from "../../shared/lifecycle/describe-desktop.ts";
import { describeOpening, openIsolation } from "../../shared/lifecycle/isolation.ts";
import { isolatedPods } from "../../shared/lifecycle/survey.ts";
import { isRefusal, ProductError, refuse } from "../../shared/errors.ts";
import { isSuspended } from "../gather/desktops-of-person.ts";
import { namingRules, type Services, today } from "../services.ts";
import { orNull } from "../gather/rows.ts";
import { surveyDesktops } from "../gather/survey.ts";
import { changeAndWake, changeRecord, ifThere, stamp } from "../work/person.ts";
import { waitForEnd } from "../work/wait-for-end.ts";
import { desktopsAnswer, desktopState, keptAnswer, oneDesktopAnswer } from "./answers.ts";
import { type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { fulfil } from "./fulfil.ts";
import { showGoals } from "./goals.ts";
import { waitUpTo } from "./input.ts";
import { operationAnswer, operationAnswers } from "./operation.ts";
import { type Route, tokenRoute } from "./route.ts";
import { desktopId, reason, username, wholeNumber, workspaceName } from "./shapes.ts";
import { troubleOf } from "./trouble.ts";
import { describeWhy } from "./why.ts";

const listQuery = z.object({
  username: username.optional().meta({ description: "Only this person's" }),
  workspace: workspaceName.optional().meta({ description: "Only those in this workspace" }),
  state: desktopState.optional().meta({ description: "Only those in this state" }),
  limit: wholeNumber(1, 500).default(100).meta({ description: "At most this many" }),
  after: desktopId.optional().meta({ description: "`next` of the previous page" }),
});
const waitQuery = z.object({ wait: waitUpTo(10) });
const reasonBody = z.strictObject({ reason }).meta({ id: "WithReason" });
const extendBody = z
  .strictObject({ until: z.iso.datetime().meta({ examples: ["2026-11-24T18:00:00Z"] }), reason })
  .meta({ id: "Extension" });

/** For operators: every desktop, the reasons for its state, and what can be done about it. */
export function desktopsRoutes(services: Services): Route[] {
  return [
    tokenRoute(services, "desktops", "desktops", {
      GET: endpoint({
        summary: "All desktops, in pages",
        callers: ["admin"],
        query: listQuery,
        answers: {
          200: {
            words: "One page, ordered by id",
            body: desktopsAnswer,
            example: examples.desktops,
            links: {
              first: { to: "GET desktops/{id}", parameters: { id: "$response.body#/desktops/0/id" } },
              next: { to: "GET desktops", parameters: { after: "$response.body#/next" } },
            },
          },
        },
        handle: (call) => list(services, call),
      }),
    }),
    tokenRoute(services, "desktopById", "desktops/{id}", {
      GET: endpoint({
        summary: "One desktop, with the reasons for its state",
        callers: ["admin"],
        id: desktopId,
        answers: { 200: { words: "The desktop", body: oneDesktopAnswer, example: examples.desktop } },
        handle: (call) => show(services, call),
      }),
    }),
    tokenRoute(services, "suspendDesktop", "desktops/{id}/suspend", {
      POST: endpoint({
        summary: "Suspend the desktop: access is withdrawn and the container stopped; everything else is kept",
        callers: ["admin"],
        id: desktopId,
        query: waitQuery,
        body: reasonBody,
        example: examples.reasoned,
        answers: operationAnswers,
        refuses: ["request-changed"],
        handle: (call) => suspend(services, call),
      }),
    }),
    tokenRoute(services, "extendDesktop", "desktops/{id}/extend", {
      POST: endpoint({
        summary: "Keep the desktop from being taken down until a given time",
        callers: ["admin"],
        id: desktopId,
        body: extendBody,
        example: examples.extension,
        answers: { 200: { words: "Until when it is kept, and by whom", body: keptAnswer, example: examples.kept } },
        refuses: ["invalid-policy", "not-running"],
        handle: (call) => extendDesktop(services, call),
      }),
    }),
    tokenRoute(services, "retireDesktop", "desktops/{id}/retire", {
      POST: endpoint({
        summary: "Retire the desktop: it is permanently removed; everything else that the person has is kept",
        callers: ["admin"],
        id: desktopId,
        query: waitQuery,
        body: reasonBody,
        example: examples.reasoned,
        answers: operationAnswers,
        handle: (call) => retire(services, call),
      }),
    }),
  ];
}

interface Found extends DesktopKey, DescribedState {
  id: string;
  deployment: string;
  binding: string | undefined;
  replicas: number;
  /** What network policies of others open in it. */
  isolation: () => string[];
  limits: Limits | null;
  decision: Decision;
  connectionId: number | null;
  mayBeOpened: boolean | null;
  record: PersonRecord | undefined;
}

/** Returns every desktop ordered by id, with what would be decided about it now, and what could not be read. */
async function findAll(services: Services) {
  const missing: string[] = [];
  const [survey, network, connections] = await Promise.all([
    surveyDesktops(services),
    orNull(services.desktops.network(), (words) => missing.push(words)),
    orNull(services.guacamole.connections(), (words) => missing.push(words)),
  ]);
  const { damaged } = survey;
  const unanswered = [...new Set([...survey.unanswered, ...missing, ...survey.odd])];
  const rowsOf = new Map(connections?.map((row) => [keyText(row), row]));
  const policies = network?.policies ?? [];
  const isolation = openIsolation(isolatedPods(survey.desktops.map(({ desktop }) => desktop)), policies);
  const desktops = survey.desktops
    .map(({ desktop, limits, decision, record }): Found => {
      const { workspace, username, names, binding, replicas, side } = desktop;
      const rows = rowsOf.get(keyText({ workspace, username }));
      const connectionId = rows?.connectionId ?? null;
      const connection = rows?.readers.includes(names.entity) ?? false;
      const permissions = { connection, group: connection, self: connection };
      return {
        id: deploymentName({ workspace, username }),
        workspace,
        username,
        deployment: names.deployment,
        binding,
        replicas,
        ...describeDesktop(
          workspace,
          { cluster: { deployment: side }, rows: connections && { connectionId, permissions } },
          { record, decision },
        ),
        isolation: () =>
          openIsolation(isolatedPods([desktop]), policies).flatMap((each) =>
            each.edges.map((edge) => `NetworkPolicy ${each.policy}: ${edge}`),
          ),
        limits,
        decision,
        connectionId,
        mayBeOpened: connections && connection,
        record,
      };
    })
    .sort((one, other) => one.id.localeCompare(other.id));
  return { desktops, isolation, unanswered, damaged, records: survey.records };
}

async function find(services: Services, id: string): Promise<Found> {
  const { desktops, damaged } = await findAll(services);
  const found = desktops.find((desktop) => desktop.id === id);
  if (!found) throw new ProductError("not-found", "read desktop: there is none with this id (GET /desktops lists all)");
  const own = damaged.find(({ person }) => person === personId(found.username));
  if (own) throw own.fault;
  return found;
}

async function list(services: Services, { query }: Call<z.output<typeof listQuery>>) {
  const { desktops, isolation, unanswered, damaged, records } = await findAll(services);
  const wanted = desktops.filter(
    ({ id, username, workspace, state }) =>
      (query.after === undefined || id > query.after) &&
      (query.username === undefined || canonicalUsername(username) === query.username) &&
      (query.workspace === undefined || workspace === query.workspace) &&
      (query.state === undefined || state === query.state),
  );
  const page = wanted.slice(0, query.limit);
  const next = wanted.length > page.length ? { next: page.at(-1)?.id } : {};
  const people = [...records.values()].filter(
    ({ request }) => query.username === undefined || request.username === query.username,
  );
  const goals = showGoals(people).filter(
    ({ workspace }) => query.workspace === undefined || workspace === undefined || workspace === query.workspace,
  );
  return {
    status: 200,
    body: {
      desktops: page.map(summaryOf),
      ...next,
      ...(isolation.length > 0 && { isolation: isolation.map(describeOpening) }),
      ...(query.after === undefined && { goals }),
      unanswered: [...unanswered, ...damaged.map(({ fault }) => fault.message)],
    },
  };
}

function summaryOf({ id, username, workspace, state, reason: words, decision, record }: Found) {
  const leaving = leaveOf(record);
  const kept = extensionOf(record, workspace);
  return {
    id,
    username,
    workspace,
    state,
    reason: words,
    endsAt: decision.next?.at,
    wanted: record?.request.workspace ?? null,
    ...(leaving && { leaving }),
    ...(kept && { kept }),
  };
}

async function show(services: Services, { id }: Call) {
  const found = await find(services, id);
  const isolation = found.isolation();
  const { username, workspace, deployment, binding, connectionId, mayBeOpened, record } = found;
  const known = await services.workspaces.known();
  const claims = record?.request.claims ?? {};
  const entitlement = decideEntitlement({ username, claims }, workspace, known, today(services));
  const outcome = record && outcomeOf(record);
  const removal = retirementOf(record, workspace);
  return {
    status: 200,
    body: {
      ...summaryOf(found),
      since: found.since,
      ...describeWhy(record, workspace, found.decision),
      deployment,
      binding,
      guacamoleUsername: nameDesktop({ workspace, username }, namingRules(services), deployment).entity,
      connectionId,
      mayBeOpened,
      ...(isolation.length > 0 && { isolation }),
      entitlement: isRefusal(entitlement)
        ? { entitled: false, code: entitlement.refused, reason: entitlement.reason }
        : { entitled: true, until: entitlement.until },
      ...(record && {
        request: {
          workspace: record.request.workspace,
          requestedAt: record.request.requestedAt,
          reason: record.request.reason,
          retire: record.request.retire,
          operation: `/api/operations/${operationIdOf(record.request)}`,
        },
        lastSeen: record.presence?.seenAt,
      }),
      ...(outcome && {
        lastOutcome: {
          state: outcome.state,
          at: outcome.at,
          reason: outcome.state === "done" ? outcome.message : outcome.reason,
        },
      }),
      ...(removal && {
        removal: {
          requestedAt: removal.requestedAt,
          reason: removal.reason,
          trouble: removal.trouble && troubleOf(removal.trouble),
        },
      }),
    },
  };
}

type Reasoned = Call<z.output<typeof waitQuery>, z.output<typeof reasonBody>>;

async function suspend(services: Services, { id, hub, principal, query, body }: Reasoned) {
  const { username, workspace, record } = await find(services, id);
  const wants = record?.request.workspace ?? null;
  if (wants !== null && wants !== workspace)
    return refuse(
      "request-changed",
      `${username} is being switched to ${wants}, which suspends this desktop; suspend that one instead`,
    );
  const wish = { workspace: null, reason: body.reason ?? `suspended by ${principal.username}` };
  return fulfil(services, hub, username, wish, () => isSuspended(services, username), query.wait);
}

async function extendDesktop(services: Services, { id, principal, body }: Call<unknown, z.output<typeof extendBody>>) {
  const { username, workspace, replicas, limits, record } = await find(services, id);
  if (!limits)
    return refuse("invalid-policy", `the policy of ${workspace} cannot be read, so the longest extension is not known`);
  const until = new Date(body.until);
  const ahead = until.getTime() - services.now().getTime();
  if (ahead <= 0 || ahead > limits.longestExtensionMinutes * 60_000)
    throw new ProductError(
      "malformed-body",
      `read body: until: it must be in the future, at most ${limits.longestExtensionMinutes} minutes ahead`,
    );
  if (replicas === 0 || !record)
    return refuse("not-running", `the desktop of ${username} in ${workspace} is not running`);
  const extension = { workspace, until: until.toISOString(), by: principal.username, reason: body.reason };
  await changeRecord(
    services,
    username,
    ifThere((current) => extend(current, extension)),
  );
  return { status: 200, body: extension };
}

async function retire(services: Services, { id, hub, principal, query, body }: Reasoned) {
  const { username, workspace } = await find(services, id);
  const reason = body.reason ?? `retired by ${principal.username}`;
  const now = stamp(services);
  const retirement = { id: randomUUID(), workspace, requestedAt: now.at, reason };
  const written = await changeAndWake(services, hub, username, (record) =>
    retireDesktops(record, username, { retirements: [retirement], reason }, now),
  );
  // If it was asked for before, the answer is the retirement that is under way.
  const underWay = retirementOf(written, workspace) ?? retirement;
  return operationAnswer(services, underWay.id, await waitForEnd(services, hub, underWay.id, written, query.wait));
}
