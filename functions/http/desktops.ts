import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ProductError, type Refusal, refuse } from "../../shared/errors.ts";
import { keptRead } from "../../shared/kubernetes/shared-read.ts";
import { previewExtension, previewRetirement, previewSuspension } from "../../shared/lifecycle/preview.ts";
import { intervene } from "../../shared/person/interventions.ts";
import { extend } from "../../shared/person/extension.ts";
import { retireDesktops, retirementOf } from "../../shared/person/retirement.ts";
import { isSuspended } from "../gather/desktops-of-person.ts";
import { explainDesktops, findById, readOtherNames } from "../gather/found-desktops.ts";
import type { Services } from "../services.ts";
import { changeAndWake, changeRecord, ifThere, stamp } from "../work/person.ts";
import { waitForEnd } from "../work/wait-for-end.ts";
import { type FoundById, showOneDesktop } from "./show-one-desktop.ts";
import { desktopsAnswer, keptAnswer, oneDesktopAnswer } from "./answers.ts";
import { type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { fulfil } from "./fulfil.ts";
import { preview, waitUpTo } from "./input.ts";
import { listDesktops, listQuery } from "./list-desktops.ts";
import { operationAnswer, operationAnswers } from "./operation.ts";
import { orPreview, showPreview, showRefused } from "./preview.ts";
import { type Route, tokenRoute } from "./route.ts";
import { desktopId, reason } from "./shapes.ts";

const waitQuery = z.object({ dryRun: preview, wait: waitUpTo(10) });
const extendQuery = z.object({ dryRun: preview });
const reasonBody = z.strictObject({ reason }).meta({ id: "WithReason" });
const extendBody = z
  .strictObject({ until: z.iso.datetime().meta({ examples: ["2026-11-24T18:00:00Z"] }), reason })
  .meta({ id: "Extension" });

/** For operators: every desktop, the reasons for its state, and what can be done about it. */
export function desktopsRoutes(services: Services): Route[] {
  const find = findIn(services);
  return [
    tokenRoute(services, "desktops", "desktops", {
      GET: endpoint({
        summary: "All desktops, in pages",
        callers: ["admin"],
        query: listQuery,
        answers: {
          200: {
            words:
              "One page, in the order of `sort`. Ordered by id, with a filter it may have fewer desktops than `limit`, or none, although there is a `next`",
            body: desktopsAnswer,
            example: examples.desktops,
            links: {
              first: { to: "GET desktops/{id}", parameters: { id: "$response.body#/desktops/0/id" } },
              next: { to: "GET desktops", parameters: { after: "$response.body#/next" } },
            },
          },
        },
        handle: ({ query }) => listDesktops(services, query),
      }),
    }),
    tokenRoute(services, "desktopById", "desktops/{id}", {
      GET: endpoint({
        summary: "One desktop, with the reasons for its state",
        callers: ["admin"],
        id: desktopId,
        answers: { 200: { words: "The desktop", body: oneDesktopAnswer, example: examples.desktop } },
        handle: async ({ id }) => showOneDesktop(services, await find(id)),
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
        answers: orPreview(operationAnswers),
        refuses: ["request-changed"],
        handle: (call) => suspend(services, find, call),
      }),
    }),
    tokenRoute(services, "extendDesktop", "desktops/{id}/extend", {
      POST: endpoint({
        summary: "Keep the desktop from being taken down until a given time",
        callers: ["admin"],
        id: desktopId,
        query: extendQuery,
        body: extendBody,
        example: examples.extension,
        answers: orPreview({
          200: { words: "Until when it is kept, and by whom", body: keptAnswer, example: examples.kept },
        }),
        refuses: ["invalid-policy", "not-running"],
        handle: (call) => extendDesktop(services, find, call),
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
        answers: orPreview(operationAnswers),
        handle: (call) => retire(services, find, call),
      }),
    }),
  ];
}

/** How long names that are no ids are known: only what the operator left, or a binding named, has one. */
const otherNamesMilliseconds = 15_000;

/** Finds the desktop with an id, and explains it. Throws `not-found`, or `damaged-record` if that of its person is. */
function findIn(services: Services) {
  const otherNames = keptRead(() => readOtherNames(services), otherNamesMilliseconds);
  return async (id: string): Promise<FoundById> => {
    const deployed = await findById(services, id, otherNames);
    if (!deployed)
      throw new ProductError("not-found", "read desktop: there is none with this id (GET /desktops lists all)");
    const { desktops, damaged, isolation, known, unanswered } = await explainDesktops(services, {
      deployed: [deployed],
      odd: [],
    });
    const [own] = damaged;
    if (own) throw own.fault;
    const [found] = desktops;
    if (!found) throw new ProductError("internal", "read desktop: it was not explained");
    return { ...found, isolation, known, unanswered, at: services.now().toISOString() };
  };
}
type Find = ReturnType<typeof findIn>;

type Reasoned = Call<z.output<typeof waitQuery>, z.output<typeof reasonBody>>;

async function suspend(services: Services, find: Find, { id, hub, principal, query, body }: Reasoned) {
  const found = await find(id);
  const { username, workspace, record } = found;
  const wants = record?.request.workspace ?? null;
  if (wants !== null && wants !== workspace) {
    const refusal = refuse(
      "request-changed",
      `${username} is being switched to ${wants}, which suspends this desktop; suspend that one instead`,
    );
    return query.dryRun ? showRefused(refusal, found) : refusal;
  }
  if (query.dryRun) return showPreview(previewSuspension(found), found);
  const wish = { workspace: null, reason: body.reason ?? `suspended by ${principal.username}` };
  const administrator = { by: principal.username, action: "suspend", workspace, reason: body.reason };
  return fulfil(services, hub, username, wish, () => isSuspended(services, username), query.wait, { administrator });
}

async function extendDesktop(
  services: Services,
  find: Find,
  { id, principal, query, body }: Call<z.output<typeof extendQuery>, z.output<typeof extendBody>>,
) {
  const found = await find(id);
  const { username, workspace, replicas, limits, record } = found;
  const refused = (refusal: Refusal) => (query.dryRun ? showRefused(refusal, found) : refusal);
  if (!limits)
    return refused(
      refuse("invalid-policy", `the policy of ${workspace} cannot be read, so the longest extension is not known`),
    );
  const until = new Date(body.until);
  const ahead = until.getTime() - services.now().getTime();
  if (ahead <= 0 || ahead > limits.longestExtensionMinutes * 60_000)
    throw new ProductError(
      "malformed-body",
      `read body: until: it must be in the future, at most ${limits.longestExtensionMinutes} minutes ahead`,
    );
  if (replicas === 0 || !record)
    return refused(refuse("not-running", `the desktop of ${username} in ${workspace} is not running`));
  if (query.dryRun) return showPreview(previewExtension(found, until.toISOString()), found);
  const extension = { workspace, until: until.toISOString(), by: principal.username, reason: body.reason };
  await changeRecord(
    services,
    username,
    ifThere((current) =>
      intervene(extend(current, extension), { ...extension, at: services.now().toISOString(), action: "extend" }),
    ),
  );
  return { status: 200, body: extension };
}

async function retire(services: Services, find: Find, { id, hub, principal, query, body }: Reasoned) {
  const found = await find(id);
  if (query.dryRun) return showPreview(previewRetirement(found), found);
  const { username, workspace } = found;
  const reason = body.reason ?? `retired by ${principal.username}`;
  const now = stamp(services);
  const retirement = { id: randomUUID(), workspace, requestedAt: now.at, reason };
  const written = await changeAndWake(services, hub, username, (record) => {
    const retired = retireDesktops(record, username, { retirements: [retirement], reason }, now);
    const { id } = retirementOf(retired, workspace) ?? retirement;
    const done = { at: now.at, by: principal.username, action: "retire", workspace, reason: body.reason, id };
    return intervene(retired, done);
  });
  // If it was asked for before, the answer is the retirement that is under way.
  const underWay = retirementOf(written, workspace) ?? retirement;
  return operationAnswer(services, underWay.id, await waitForEnd(services, hub, underWay.id, written, query.wait));
}
