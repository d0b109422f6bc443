import type { KubernetesObject } from "@kubernetes/client-node";
import { z } from "zod";
import type { Binding, Workspace } from "../desktop/entitlement.ts";
import { canonicalUsername } from "../desktop/names.ts";
import { errorCodes, type ErrorCode } from "../errors.ts";
import { annotation } from "./labels.ts";

const day = z.iso.date();

const workspaceSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    displayName: z.string(),
    description: z.string(),
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
    claims: z
      .array(
        z.object({ name: z.string(), operator: z.enum(["EQUALS", "NOT EQUALS", "IN", "NOT IN"]), value: z.string() }),
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
    .optional(),
});

export function parseWorkspace(object: KubernetesObject): Workspace[] {
  const parsed = workspaceSchema.safeParse(object);
  if (!parsed.success) return [];
  const { metadata, spec } = parsed.data;
  return [
    {
      name: metadata.name,
      displayName: spec.displayName,
      description: spec.description,
      availableFrom: spec.validity.availableFrom,
      expires: spec.validity.expires,
      policy: metadata.annotations[annotation.policy],
    },
  ];
}

/** Why a binding was last scaled up in vain, as we noted it in an annotation. */
const refusalSchema = z.object({
  at: z.iso.datetime(),
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  reason: z.string(),
});

export function parseBinding(object: KubernetesObject): Binding[] {
  const parsed = bindingSchema.safeParse(object);
  if (!parsed.success) return [];
  const { metadata, spec, status } = parsed.data;
  const { workspace, expires, username: spelled, claims } = spec;
  const username = spelled === undefined ? undefined : canonicalUsername(spelled);
  const personal = username === undefined ? {} : { username, ...(username !== spelled && { spelled }) };
  const deployment =
    username === undefined || status?.deploymentName === undefined ? {} : { deployment: status.deploymentName };
  const active =
    username === undefined || status?.statusText === undefined ? {} : { active: status.statusText === "ACTIVE" };
  const scaling = username === undefined ? {} : parseScaling(metadata, spec.replicas ?? 0);
  return [{ name: metadata.name, workspace, expires, claims, ...personal, ...deployment, ...active, ...scaling }];
}

function parseScaling(
  { annotations, generation }: z.output<typeof bindingSchema>["metadata"],
  replicas: number,
): Pick<Binding, "scale" | "lastRefusal"> {
  const seen = annotations[annotation.replicasSeen];
  const [noticed, noticedAt] = annotations[annotation.scalingNoticed]?.split(" ") ?? [];
  // What was noted of an older generation is void: the binding was scaled again since.
  const since = noticedAt !== undefined && noticed === String(generation) ? { noticedAt } : {};
  const lastRefusal = parseRefusal(annotations[annotation.scalingRefused]);
  return {
    scale: { replicas, seen: seen === undefined ? null : Number(seen), ...since },
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
