import type { KubernetesObject } from "@kubernetes/client-node";
import { z } from "zod";
import type { Binding, Workspace, WorkspacesAndBindings } from "../desktop/entitlement.ts";
import type { BindingStatus } from "../desktop/state.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { annotation } from "./labels.ts";
import { sharedRead } from "./shared-read.ts";

const apiVersion = "xlscsde.nhs.uk/v1";
const workspaceKind = { apiVersion, kind: "AnalyticsWorkspace" };
const bindingKind = { apiVersion, kind: "AnalyticsWorkspaceBinding", plural: "analyticsworkspacebindings" };

const day = z.iso.date();

const workspaceSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({
    displayName: z.string(),
    description: z.string(),
    validity: z.object({ availableFrom: day, expires: day }),
  }),
});

const bindingSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
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

/** Workspaces and bindings as the platform keeps them: the source of entitlement. */
export interface Workspaces {
  /** Everything that decides who may use what. Objects that do not fulfil their schema are left out, but reported. */
  known(): Promise<WorkspacesAndBindings>;
  /** What a binding's wanted replicas and status are now, or null if there is no such binding. */
  bindingState(name: string): Promise<{ replicas: number | null; status: BindingStatus | null } | null>;
  /** Mirrors a desktop's state into its binding, as the operator did. A missing binding is not an error. */
  recordBinding(name: string, replicas: number | null, status: BindingStatus | null): Promise<void>;
  /** Writes a binding's status, and nothing of what it wants. A binding that is gone is no error. */
  recordStatus(name: string, status: BindingStatus): Promise<void>;
  /** Notes that we know of a binding's wanted replicas, no matter who wrote them. */
  markSeen(name: string, replicas: number): Promise<void>;
  /** Sets a binding's wanted replicas back to 0: nothing came of them. */
  scaleBack(name: string): Promise<void>;
}

export function workspacesIn(cluster: Cluster, namespace: string): Workspaces {
  const reference = (name: string): Reference & { plural: string } => ({
    ...bindingKind,
    metadata: { name, namespace },
  });
  return {
    // In a rush every request and every activation asks; one list of the estate each would keep the API server from answering.
    known: sharedRead(async () => {
      const unreadable: WorkspacesAndBindings["unreadable"] = { workspaces: [], bindings: [] };
      const [workspaces, bindings] = await Promise.all([
        parsed(cluster.pages(workspaceKind, namespace), parseWorkspace, ({ metadata }) => {
          unreadable.workspaces.push(metadata?.name ?? "");
        }),
        parsed(cluster.pages(bindingKind, namespace), parseBinding, (object) => {
          const { workspace } = (object as { spec?: { workspace?: unknown } }).spec ?? {};
          unreadable.bindings.push(typeof workspace === "string" ? workspace : undefined);
        }),
      ]);
      return { workspaces, bindings, unreadable };
    }),
    async bindingState(name) {
      const { apiVersion, kind, metadata } = reference(name);
      const parsed = bindingSchema.safeParse(await cluster.read({ apiVersion, kind, metadata }));
      if (!parsed.success) return null;
      return { replicas: parsed.data.spec.replicas ?? null, status: parsed.data.status ?? null };
    },
    async recordBinding(name, replicas, status) {
      const binding = reference(name);
      // null removes a field in a merge patch: a status that was not there goes away again
      const {
        statusText = null,
        deploymentName = null,
        replicas: running = null,
        lastActiveCheck = null,
      } = status ?? {};
      // Marked as seen in the same write: it must never be taken for somebody else's.
      await cluster.mergeSpec(plain(binding), { replicas }, seen(replicas ?? 0));
      await cluster.mergeStatus(binding, { statusText, deploymentName, replicas: running, lastActiveCheck });
    },
    async recordStatus(name, status) {
      await cluster.mergeStatus(reference(name), status);
    },
    async scaleBack(name) {
      await cluster.mergeSpec(plain(reference(name)), { replicas: 0 }, seen(0));
    },
    async markSeen(name, replicas) {
      await cluster.mergeSpec(plain(reference(name)), {}, seen(replicas));
    },
  };
}

async function parsed<T>(
  pages: AsyncGenerator<KubernetesObject[]>,
  parse: (object: KubernetesObject) => T[],
  note: (unreadable: KubernetesObject) => void,
): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) {
    for (const object of page) {
      const read = parse(object);
      if (read.length === 0) note(object);
      found.push(...read);
    }
  }
  return found;
}

function plain({ apiVersion, kind, metadata }: Reference): Reference {
  return { apiVersion, kind, metadata };
}

function seen(replicas: number): Record<string, string> {
  return { [annotation.replicasSeen]: String(replicas) };
}

function parseWorkspace(object: KubernetesObject): Workspace[] {
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

function parseBinding(object: KubernetesObject): Binding[] {
  const parsed = bindingSchema.safeParse(object);
  if (!parsed.success) return [];
  const { metadata, spec, status } = parsed.data;
  const { workspace, expires, username, claims } = spec;
  const personal = username === undefined ? {} : { username };
  const deployment =
    username === undefined || status?.deploymentName === undefined ? {} : { deployment: status.deploymentName };
  const noted = metadata.annotations[annotation.replicasSeen];
  const scale =
    username === undefined
      ? {}
      : { scale: { replicas: spec.replicas ?? 0, seen: noted === undefined ? null : Number(noted) } };
  const active =
    username === undefined || status?.statusText === undefined ? {} : { active: status.statusText === "ACTIVE" };
  return [{ name: metadata.name, workspace, expires, claims, ...personal, ...deployment, ...active, ...scale }];
}
