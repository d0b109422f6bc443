import { z } from "zod";
import { bindsPerson } from "../../shared/desktop/entitlement.ts";
import { describePause, noteOfPause } from "../../shared/desktop/maintenance.ts";
import { personId } from "../../shared/desktop/names.ts";
import { isRefusal, ProductError, refuse, type Refusal } from "../../shared/errors.ts";
import { keptClaims } from "../../shared/person/claims.ts";
import { isReady, isSuspended } from "../gather/desktops-of-person.ts";
import { decidingForAll, decidingForAsking } from "../gather/person-may.ts";
import { planStart } from "../gather/plan.ts";
import { soon } from "../gather/rows.ts";
import { callerNow } from "../gather/standing.ts";
import type { Services } from "../services.ts";
import { ask, type Asked } from "../work/ask.ts";
import { desktopAnswer } from "./answers.ts";
import { claimsBytes } from "./body.ts";
import { type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { fulfil, tellOf } from "./fulfil.ts";
import { unlessKnown } from "./if-none-match.ts";
import { waitUpTo } from "./input.ts";
import { operationAnswers } from "./operation.ts";
import { type Route, tokenRoute } from "./route.ts";
import { claims, line, workspaceName } from "./shapes.ts";
import { showDesktop } from "./show-desktop.ts";

const putSchema = z
  .strictObject({
    workspace: workspaceName,
    claims: claims.optional().meta({
      description:
        "The person's claims that bindings use; only for services, because a person's claims are in their token",
    }),
    subject: line(255).optional().meta({ description: "The person's id in Keycloak; only for services" }),
    session: line(255).optional().meta({
      description: "The Keycloak session in which the person logs in to Guacamole; only for services",
    }),
  })
  .meta({ id: "DesktopWish" });
type DesktopWish = z.output<typeof putSchema>;

/** A login thread can wait this long. */
const query = z.object({ wait: waitUpTo(10) });
type Wait = z.output<typeof query>;

export function desktopRoute(services: Services): Route {
  return tokenRoute(services, "desktop", "users/{username}/desktop", {
    GET: endpoint({
      summary: "The person's desktop, with the reason for its state",
      callers: ["service", "self", "admin"],
      answers: {
        200: { words: "The desktop that the person has", body: desktopAnswer, example: examples.personsDesktop },
        304: { words: "Nothing changed since the answer whose `ETag` was sent as `If-None-Match`" },
      },
      handle: async (call) => unlessKnown(call.request, await showDesktop(services, call)),
    }),
    PUT: endpoint({
      summary: "Ask for the desktop in a workspace",
      description:
        "The same wish again returns the same operation. A wish for another workspace brings that desktop up before this one goes down.",
      callers: ["service", "self"],
      query,
      body: putSchema,
      bodyBytes: claimsBytes,
      example: examples.wish,
      answers: operationAnswers,
      refuses: [
        "unknown-user",
        "workspace-not-bound",
        "binding-expired",
        "workspace-expired",
        "workspace-not-yet-available",
        "workspace-missing",
        "invalid-policy",
        "name-too-long",
        "identity-changed",
        "being-retired",
        "activation-paused",
      ],
      handle: (call) => putDesktop(services, call),
    }),
    DELETE: endpoint({
      summary: "Suspend the person's desktop",
      description: "Access is withdrawn and the container stopped; everything is kept for the next time.",
      callers: ["service", "self"],
      query,
      answers: operationAnswers,
      refuses: ["unknown-user", "identity-changed"],
      handle: (call) => deleteDesktop(services, call),
    }),
  });
}

async function putDesktop(services: Services, call: Call<Wait, DesktopWish>) {
  const asked = await services.rush.take(() => askForDesktop(services, call));
  return isRefusal(asked) ? asked : tellOf(services, call.hub, asked, call.query.wait);
}

async function askForDesktop(
  services: Services,
  { caller, username, principal, hub, body, context }: Call<Wait, DesktopWish>,
): Promise<Asked | Refusal> {
  if (caller === "self" && (body.claims ?? body.subject ?? body.session) !== undefined)
    throw new ProductError(
      "not-allowed",
      "only a service may send a person's claims, subject or session: yours are in your token",
    );

  const said = caller === "self" ? principal.claims : (body.claims ?? {});
  const known = await decidingForAsking(services, { username, claims: said }, body.workspace);
  const person =
    caller === "self"
      ? await callerNow(services, { ...principal, username }, known, (message) => {
          context.warn(message);
        })
      : { username, claims: said };
  if (isRefusal(person)) return person;
  const plan = await planStart(services, person, body.workspace, known);
  if (isRefusal(plan)) return plan;
  const asItIs = () => isReady(services, plan);
  const mayStart = async () => {
    const { activation } = await services.maintenance.read();
    // A person whose desktop is ready keeps it: they only ask where it is. Doubt counts as no.
    if (activation && !(await soon(asItIs()).catch(() => false)))
      throw new ProductError("activation-paused", `no desktop is brought up: ${describePause(activation)}`, {
        values: noteOfPause(activation),
      });
  };

  const subject = caller === "self" ? principal.subject : body.subject;
  const kept = keptClaims(
    person.claims,
    known.bindings.flatMap(({ claims: rules }) => rules),
  );
  const wish = { workspace: body.workspace, ...kept, subject };
  // A person's session with another application (the command line, a portal) says nothing of their presence in Guacamole.
  const isGuacamole = principal.client === services.settings.GUACAMOLE_CLIENT;
  const session = caller === "service" ? body.session : isGuacamole ? principal.session : undefined;
  const arrival = { session, subject, ...kept };
  return ask(services, hub, username, wish, asItIs, { mayStart, arrival });
}

async function deleteDesktop(services: Services, { caller, username, principal, hub, query }: Call<Wait>) {
  const record = await services.records.read(personId(username));
  if (!record) {
    const claims = caller === "self" ? principal.claims : {};
    const { bindings } = await decidingForAll(services, { username, claims });
    if (!bindings.some((binding) => bindsPerson(binding, { username, claims })))
      return refuse("unknown-user", `no binding names ${username}, and no desktop was ever requested`);
  }
  const wish = { workspace: null, ...(caller === "self" && { subject: principal.subject }) };
  return fulfil(services, hub, username, wish, () => isSuspended(services, username), query.wait);
}
