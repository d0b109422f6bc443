import { z } from "zod";
import { personId } from "../../shared/desktop/names.ts";
import { ProductError, refuse } from "../../shared/errors.ts";
import { extendOwn, extensionOf, ownExtensionLimit } from "../../shared/person/extension.ts";
import { noteOwnExtension } from "../../shared/person/interventions.ts";
import { mayUse } from "../../shared/person/request.ts";
import { surveyOf } from "../gather/survey.ts";
import type { Services } from "../services.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { keptAnswer } from "./answers.ts";
import { type Call, endpoint } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { type Route, tokenRoute } from "./route.ts";

const bodySchema = z
  .strictObject({ until: z.iso.datetime().meta({ examples: ["2026-11-24T18:00:00Z"] }) })
  .meta({ id: "OwnExtension" });

export function ownExtensionRoute(services: Services): Route {
  return tokenRoute(services, "extendOwnDesktop", "users/{username}/desktop/extend", {
    POST: endpoint({
      summary: "Keep one's own desktop from being taken down until a given time",
      description: "`mayExtendUntil` of the desktop says how far ahead the workspace's policy allows.",
      callers: ["self"],
      body: bodySchema,
      example: examples.ownExtension,
      answers: { 200: { words: "Until when it is kept", body: keptAnswer, example: examples.ownKept } },
      refuses: ["invalid-policy", "not-running", "extension-not-allowed"],
      handle: (call) => keepOwn(services, call),
    }),
  });
}

async function keepOwn(services: Services, { username, principal, body }: Call<unknown, z.output<typeof bodySchema>>) {
  const now = services.now();
  const [survey, record] = await Promise.all([surveyOf(services, username), services.records.read(personId(username))]);
  const running = [...survey.values()].filter(({ desktop }) => desktop.replicas > 0);
  const surveyed = running.find(({ desktop }) => desktop.workspace === record?.request.workspace) ?? running[0];
  if (!surveyed || !record) return refuse("not-running", `no desktop of ${username} is running`);
  const { desktop, limits, entitledUntil } = surveyed;
  const { workspace, startedAt } = desktop;
  if (!limits)
    return refuse("invalid-policy", `the policy of ${workspace} cannot be read, so the longest extension is not known`);
  const latest = ownExtensionLimit(limits, { startedAt, entitledUntil }, extensionOf(record, workspace), now);
  if (latest === null)
    return refuse("extension-not-allowed", `the desktop in ${workspace} cannot be kept any longer than it is already`);
  const until = new Date(body.until);
  if (until <= now || until > new Date(latest))
    throw new ProductError("malformed-body", `read body: until: it must be in the future, and not after ${latest}`);
  const extension = { workspace, until: until.toISOString(), by: principal.username };
  const written = await changeRecord(
    services,
    username,
    ifThere((current) => {
      const extended = extendOwn(current, extension);
      return extended === current ? current : noteOwnExtension(extended, extension, now.toISOString());
    }),
  );
  const holds = written && mayUse(written, workspace) ? extensionOf(written, workspace) : undefined;
  return holds ? { status: 200, body: holds } : refuse("not-running", `no desktop of ${username} is running`);
}
