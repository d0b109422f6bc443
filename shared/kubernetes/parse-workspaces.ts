import type { KubernetesObject } from "@kubernetes/client-node";
import { z } from "zod";
import type { Binding, Workspace } from "../desktop/entitlement.ts";
import { errorCodes, type ErrorCode, tellFaults } from "../errors.ts";
import { canonicalUsername, isDeploymentName } from "../desktop/names.ts";
import { notAConfigMap } from "../desktop/policy.ts";
import { objectName } from "../desktop/policy-text.ts";
import { annotation } from "./labels.ts";

const day = z.iso.date();

/** The most rules on claims of one binding, and the longest text: each person's check reads them all. */
const mostRules = 100;
const mostCharacters = 16_384;

const workspaceSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    displayName: z.string().max(mostCharacters),
    description: z.string().max(mostCharacters),
    validity: z.object({ availableFrom: day, expires: day }),
  }),
});

export const bindingSchema = z.object({
  metadata: z.object({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
    generation: z.number().optional(),
  }),
  spec: z.object({
    workspace: z.string(),
    expires: day,
    username: z.string().min(1).optional(),
    // The list is counted before its items are read: each wrong one is a fault of its own.
    claims: z
      .array(z.unknown())
      .max(mostRules)
      .pipe(
        z.array(
          z.object({
            name: z.string(),
            operator: z.enum(["EQUALS", "NOT EQUALS", "IN", "NOT IN"]),
            value: z.string().max(mostCharacters),
          }),
        ),
      )
      .default([]),
    replicas: z.number().int().optional(),
  }),
  status: z
    .object({
      statusText: z.string().optional(),
      deploymentName: z.string().optional(),
      replicas: z.number().int().optional(),
      lastActiveCheck: z.string().optional(),
    })
    .optional()
    .catch(undefined), // it entitles nobody to anything
});

/** Takes what is wrong with an object, in words that name it. */
export type Note = (fault: string) => void;

/** @param note is told also what is wrong with a workspace that can be read */
export function parseWorkspace(object: KubernetesObject, note: Note = () => undefined): Workspace[] {
  const tell = noteOf("AnalyticsWorkspace", object, note);
  const parsed = workspaceSchema.safeParse(object);
  if (!parsed.success) {
    tell(`${describeIssues(parsed.error)} (correct it: until then nobody may use it)`);
    return [];
  }
  const { metadata, spec } = parsed.data;
  const policy = metadata.annotations[annotation.policy];
  if (policy !== undefined && !objectName.test(policy)) tell(notAConfigMap);
  return [
    {
      name: metadata.name,
      displayName: spec.displayName,
      description: spec.description,
      availableFrom: spec.validity.availableFrom,
      expires: spec.validity.expires,
      policy,
    },
  ];
}

/** Why a binding was last scaled up in vain, as we noted it in an annotation. */
const refusalSchema = z.object({
  at: z.iso.datetime(),
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  reason: z.string(),
  values: z
    .object({ date: z.string().optional(), note: z.string().optional(), fault: z.string().optional() })
    .optional(),
});

/** @param note is told also what is wrong with a binding that can be read */
export function parseBinding(object: KubernetesObject, note: Note = () => undefined): Binding[] {
  const tell = noteOf("AnalyticsWorkspaceBinding", object, note);
  const parsed = bindingSchema.safeParse(object);
  if (!parsed.success) {
    tell(`${describeIssues(parsed.error)} (correct it: until then it entitles nobody)`);
    return [];
  }
  const { metadata, spec, status } = parsed.data;
  const { workspace, expires, username: spelled, claims } = spec;
  const username = spelled === undefined ? undefined : canonicalUsername(spelled);
  const personal = username === undefined ? {} : { username, ...(username !== spelled && { spelled }) };
  const named = username === undefined ? undefined : status?.deploymentName;
  const isName = named !== undefined && isDeploymentName(named);
  // The desktop then has the name that follows from its key, as before the status was written.
  const deployment = isName ? { deployment: named } : {};
  if (named !== undefined && !isName)
    tell(
      "status.deploymentName: is not the name of a desktop's Deployment (it is ignored; the next start corrects it)",
    );
  const active =
    username === undefined || status?.statusText === undefined ? {} : { active: status.statusText === "ACTIVE" };
  const scaling = username === undefined ? {} : parseScaling(metadata, spec.replicas ?? 0, tell);
  const state = username === undefined ? {} : { state: { replicas: spec.replicas ?? null, status: status ?? null } };
  return [
    { name: metadata.name, workspace, expires, claims, ...personal, ...deployment, ...active, ...scaling, ...state },
  ];
}

function parseScaling(
  { annotations, generation }: z.output<typeof bindingSchema>["metadata"],
  replicas: number,
  tell: Note,
): Pick<Binding, "scale" | "lastRefusal"> {
  const text = annotations[annotation.replicasSeen];
  const seen = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
  if (text !== undefined && seen === null)
    tell(`its annotation ${annotation.replicasSeen} is not a number (it is ignored; remove it)`);
  const [noticed, noticedAt] = annotations[annotation.scalingNoticed]?.split(" ") ?? [];
  // What was noted of an older generation is void: the binding was scaled again since. A time that is none is void, too.
  const isNow = noticed === String(generation) && z.iso.datetime().safeParse(noticedAt).success;
  const since = isNow && noticedAt !== undefined ? { noticedAt } : {};
  const lastRefusal = parseRefusal(annotations[annotation.scalingRefused]);
  return {
    scale: { replicas, seen, ...since },
    ...(lastRefusal && { lastRefusal }),
  };
}

function parseRefusal(text: string | undefined): Binding["lastRefusal"] {
  try {
    return refusalSchema.safeParse(JSON.parse(text ?? "null")).data;
  } catch {
    return undefined; // somebody edited it: then nobody can be told why
  }
}

function noteOf(kind: string, { metadata }: KubernetesObject, note: Note): Note {
  return (fault) => {
    note(`${kind} ${metadata?.name ?? ""}: ${fault}`);
  };
}

/** What is wrong, by field; values are not repeated. */
function describeIssues({ issues }: z.core.$ZodError): string {
  return tellFaults(issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
}
