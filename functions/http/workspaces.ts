import { z } from "zod";
import { bindsPerson, type Claims, decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { personId } from "../../shared/desktop/names.ts";
import { describeDesktop } from "../../shared/lifecycle/describe-desktop.ts";
import { stateSince } from "../../shared/lifecycle/state-since.ts";
import { explainState } from "../../shared/person/explain.ts";
import { explainCode } from "../../shared/person/explain-codes.ts";
import { lastRefusalOf } from "../../shared/lifecycle/scaling.ts";
import { type ErrorCode, isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import { hasChanged } from "../gather/has-changed.ts";
import { namesOf } from "../gather/names.ts";
import { type Deciding, decidingForAll } from "../gather/person-may.ts";
import { rowsIfKnown } from "../gather/rows.ts";
import { callerNow } from "../gather/standing.ts";
import { surveyOf } from "../gather/survey.ts";
import { endIn } from "../../shared/person/ends.ts";
import { type Services, today } from "../services.ts";
import { workspacesAnswer } from "./answers.ts";
import { claimsBytes } from "./body.ts";
import { type Answer, type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";
import { showScalingRefusal } from "./why.ts";
import { claims } from "./shapes.ts";

const postSchema = z
  .strictObject({ claims: claims.meta({ description: "The person's claims that bindings use" }) })
  .meta({ id: "WorkspacesQuestion" });

export function workspacesRoute(services: Services): Route {
  return tokenRoute(services, "workspaces", "users/{username}/workspaces", {
    GET: endpoint({
      summary: "The workspaces that the person may use, until when or why not, and the state of the desktop there",
      callers: ["self", "service", "admin"],
      refuses: ["unknown-user"],
      answers: {
        200: {
          words: "Every workspace that a binding gives the person, ordered by name",
          body: workspacesAnswer,
          example: examples.workspaces,
        },
      },
      handle(call) {
        const { caller, principal } = call;
        if (caller !== "self") return list(services, call, {});
        return list(services, call, principal.claims, principal.subject);
      },
    }),
    POST: endpoint({
      summary: "The same list, by the claims in the body",
      description: "Changes nothing. Claims are never in an address: gateways and logs keep addresses.",
      callers: ["service", "admin"],
      body: postSchema,
      bodyBytes: claimsBytes,
      example: { claims: { groups: ["/registry/readers"] } },
      answers: {
        200: {
          words: "Every workspace that a binding gives the person, ordered by name",
          body: workspacesAnswer,
          example: examples.workspaces,
        },
      },
      handle: (call) => list(services, call, call.body.claims),
    }),
  });
}

/** @param subject the person's id, if they call themselves */
async function list(
  services: Services,
  call: Pick<Call, "username" | "context">,
  own: Claims,
  subject?: string,
): Promise<Answer | Refusal> {
  const { username, context } = call;
  const [known, record] = await Promise.all([
    decidingForAll(services, { username, claims: own }),
    readRecord(services, username, context),
  ]);
  const tell = (message: string) => {
    context.warn(message);
  };
  const said = { username, claims: own };
  const person = subject === undefined ? said : await callerNow(services, { ...said, subject }, known, tell);
  if (isRefusal(person)) return person;
  const bindings = known.bindings.filter((binding) => bindsPerson(binding, person));
  const names = [...new Set(bindings.map(({ workspace }) => workspace))].sort();
  const found = await Promise.all(names.map((name) => look(services, person, name, known, context)));
  const runs = found.some(({ sides }) => sides?.rows && (sides.cluster.deployment?.replicas ?? 0) > 0);
  const survey = runs && record !== "unreadable" ? await surveyOf(services, username) : null;
  const readable = record === "unreadable" ? null : record;
  const workspaces = found.map(({ shown, sides }) => {
    const around = { record: readable ?? undefined, decision: survey?.get(shown.workspace)?.decision };
    const own = bindings.filter(({ workspace }) => workspace === shown.workspace);
    const refusal = lastRefusalOf(own, readable);
    const lastRefusal = refusal && withoutWorkspace(showScalingRefusal(refusal));
    const desktop = sides && describeDesktop(shown.workspace, sides, around);
    const explanation = desktop && explainState(desktop.state, around.decision, endIn(around.record, shown.workspace));
    const since = desktop && stateSince(desktop, shown, around.record);
    return { ...shown, desktop: desktop && { ...desktop, explanation, since }, lastRefusal };
  });
  const isInDoubt = record !== "unreadable" && workspaces.some(({ desktop }) => desktop?.state === "failed");
  if (isInDoubt && (await hasChanged(services, username, record))) return list(services, call, own, subject);
  return { status: 200, body: { username, workspaces } };
}

/** The codes with which a person record cannot be read although the cluster answers. */
const unreadable: ReadonlySet<string> = new Set<ErrorCode>(["damaged-record", "not-ours"]);

/** If the record is damaged, the person still gets the list, with states that follow from the desktop alone. */
async function readRecord({ records }: Services, username: string, context: Call["context"]) {
  try {
    return await records.read(personId(username));
  } catch (error) {
    if (!(error instanceof ProductError) || !unreadable.has(error.code)) throw error;
    context.error(error.message);
    return "unreadable" as const;
  }
}

function withoutWorkspace({ at, code, reason, explanation }: ReturnType<typeof showScalingRefusal>) {
  return { at, code, reason, explanation };
}

function showRefused({ refused: code, reason, values }: Refusal) {
  return { code, reason, explanation: explainCode(code, values) };
}

/** Returns whether a person may use a workspace, and if so both sides of their desktop. */
async function look(
  services: Services,
  person: { username: string; claims: Claims },
  name: string,
  known: Deciding,
  context: Call["context"],
) {
  const workspace = known.workspaces.find((candidate) => candidate.name === name);
  const shown = { workspace: name, displayName: workspace?.displayName, description: workspace?.description };
  const entitlement = decideEntitlement(person, name, known, today(services));
  if (isRefusal(entitlement)) return { shown: { ...shown, entitled: false, ...showRefused(entitlement) } };

  const key = { workspace: name, username: person.username };
  const names = await namesOf(services, key, entitlement.bindings);
  const [cluster, rows] = await Promise.all([
    services.desktops.observe({ ...key, names }),
    rowsIfKnown(services, names, context),
  ]);
  return {
    shown: { ...shown, entitled: true, until: entitlement.until, guacamoleUsername: names.entity },
    sides: { cluster, rows },
  };
}
