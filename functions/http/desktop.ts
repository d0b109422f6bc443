import { z } from "zod";
import { bindsPerson, type Claims } from "../../shared/desktop/entitlement.ts";
import { isWorkspaceName, personId } from "../../shared/desktop/names.ts";
import { isRefusal, ProductError, refuse } from "../../shared/errors.ts";
import { isReady, isSuspended } from "../as-it-ended.ts";
import { newRequest } from "../ask.ts";
import { planFor } from "../plan.ts";
import type { Services } from "../services.ts";
import { fulfil } from "./fulfil.ts";
import { authorize, type CallerKind, readBody, readSeconds, readUsername } from "./input.ts";
import { type Call, registerRoute } from "./route.ts";
import { showDesktop } from "./show-desktop.ts";

const claimsSchema = z.record(z.string(), z.unknown());
const putSchema = z.strictObject({
  workspace: z.string().refine(isWorkspaceName, "is not the name of a workspace"),
  claims: claimsSchema.optional(),
  subject: z.string().min(1).max(255).optional(),
  session: z.string().min(1).max(255).optional(),
});

/** A login thread may wait this long. */
const longestWaitSeconds = 10;

export function registerDesktop(services: Services): void {
  registerRoute(services, "desktop", "users/{username}/desktop", {
    GET: (call) => showDesktop(services, call),
    PUT: (call) => putDesktop(services, call),
    DELETE: (call) => deleteDesktop(services, call),
  });
}

async function putDesktop(services: Services, { request, principal, client }: Call) {
  const username = readUsername(request);
  const caller = authorize(services, principal, username, ["service", "self"]);
  const wait = readSeconds(request, "wait", longestWaitSeconds);
  const body = await readBody(request, putSchema);
  if (caller === "self" && (body.claims ?? body.subject ?? body.session) !== undefined)
    throw new ProductError(
      "not-allowed",
      "only a service may say a person's claims, subject or session: yours are in your token",
    );

  const known = await services.workspaces.known();
  const said = caller === "self" ? principal.claims : (body.claims ?? {});
  const claims = onlyNamed(said, new Set(known.bindings.flatMap((binding) => binding.claims.map(({ name }) => name))));
  const plan = await planFor(services, { username, claims }, body.workspace, known);
  if (isRefusal(plan)) return plan;

  const subject = subjectOf(caller, principal.subject, body.subject);
  const wanted = newRequest(services, { username, workspace: body.workspace, claims, subject });
  const session = caller === "self" ? principal.session : body.session;
  const arrival = { at: wanted.requestedAt, session, subject, claims };
  return fulfil(services, client, wanted, () => isReady(services, plan), wait, arrival);
}

async function deleteDesktop(services: Services, { request, principal, client }: Call) {
  const username = readUsername(request);
  const caller = authorize(services, principal, username, ["service", "self"]);
  const wait = readSeconds(request, "wait", longestWaitSeconds);

  const record = await services.requests.read(personId(username));
  if (!record) {
    const { bindings } = await services.workspaces.known();
    const claims = caller === "self" ? principal.claims : {};
    if (!bindings.some((binding) => bindsPerson(binding, { username, claims })))
      return refuse("unknown-user", `no binding names ${username}, and no desktop was ever asked for`);
  }
  const subject = subjectOf(caller, principal.subject, record?.request.subject);
  const claims = record?.request.claims ?? {};
  const wanted = newRequest(services, { username, workspace: null, claims, subject });
  return fulfil(services, client, wanted, () => isSuspended(services, username), wait);
}

function subjectOf(caller: CallerKind, own: string, said: string | undefined): string | undefined {
  return caller === "self" ? own : said;
}

/** Of a token's claims, those that bindings look at: what is not needed is not kept. */
function onlyNamed(claims: Claims, names: ReadonlySet<string>): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.has(name)));
}
