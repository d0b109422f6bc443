import type { KubernetesObject } from "@kubernetes/client-node";
import type { Binding } from "../desktop/entitlement.ts";
import { ProductError } from "../errors.ts";
import type { Cluster } from "./cluster.ts";
import { parseBinding } from "./parse-workspaces.ts";

/** What a binding that names a person says of how it is scaled. */
export type ScalingOfBinding = Pick<
  Binding,
  "name" | "workspace" | "username" | "expires" | "claims" | "scale" | "active" | "lastRefusal"
>;

export interface KeptBindings {
  /** Every binding that names a person, as it is now. */
  bindings: readonly ScalingOfBinding[];
  /** The people whose bindings changed since the last call; null at the first one. */
  changed: ReadonlySet<string> | null;
}

/** How often everything is read though no change was missed, as far as anybody knows. */
const everyMilliseconds = 10 * 60_000;

/**
 * Keeps the bindings that name people in this process, and brings them up to date by what changed since the last call. Reads
 * all at first, every ten minutes, if the API server no longer knows the version, and if watching is not allowed.
 *
 * @param now a monotonic clock in milliseconds
 */
export function keptBindingsIn(
  cluster: Cluster,
  kind: { apiVersion: string; kind: string; plural: string },
  namespace: string,
  now: () => number = () => performance.now(),
): () => Promise<KeptBindings> {
  let kept: { all: Map<string, Kept>; version: string; readAt: number } | undefined;

  async function readAll(): Promise<KeptBindings> {
    const { apiVersion, kind: name } = kind;
    // Before the list: what changes meanwhile is told again.
    const version = await cluster.versionOf({ apiVersion, kind: name }, namespace);
    const all = new Map<string, Kept>();
    for await (const page of cluster.pages({ apiVersion, kind: name }, namespace))
      for (const object of page) keep(all, object);
    const before = kept?.all;
    kept = { all, version, readAt: now() };
    return { bindings: bindingsIn(all), changed: before ? changedBetween(before, all) : null };
  }

  return async () => {
    if (!kept || now() - kept.readAt >= everyMilliseconds) return readAll();
    const path = `/apis/${kind.apiVersion}/namespaces/${namespace}/${kind.plural}`;
    const found = await cluster.changesSince({ path }, kept.version).catch((error: unknown) => {
      if (error instanceof ProductError && error.code === "cluster-not-allowed") return null;
      throw error;
    });
    if (!found) return readAll();
    const before = new Map<string, Kept>();
    const after = new Map<string, Kept>();
    for (const { type, object } of found.changes) {
      const name = object.metadata?.name ?? "";
      const last = kept.all.get(name);
      if (last && !before.has(name)) before.set(name, last);
      for (const all of [kept.all, after]) {
        all.delete(name);
        if (type !== "DELETED") keep(all, object);
      }
    }
    kept.version = found.version;
    return { bindings: bindingsIn(kept.all), changed: changedBetween(before, after) };
  };
}

interface Kept {
  binding: ScalingOfBinding;
  version: string | undefined;
}

function keep(all: Map<string, Kept>, object: KubernetesObject): void {
  for (const binding of scalingOf(object))
    all.set(binding.name, { binding, version: object.metadata?.resourceVersion });
}

function bindingsIn(all: ReadonlyMap<string, Kept>): ScalingOfBinding[] {
  return [...all.values()].map(({ binding }) => binding);
}

function changedBetween(before: ReadonlyMap<string, Kept>, after: ReadonlyMap<string, Kept>): Set<string> {
  const changed = new Set<string>();
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const)
    for (const [name, { binding, version }] of one)
      if (version === undefined || other.get(name)?.version !== version)
        if (binding.username !== undefined) changed.add(binding.username);
  return changed;
}

/** Without what only decides who may use a workspace: of ten thousand, that is most of the memory. */
function scalingOf(object: KubernetesObject): ScalingOfBinding[] {
  return parseBinding(object).flatMap(({ name, workspace, username, expires, scale, active, lastRefusal }) =>
    username === undefined || !scale
      ? []
      : [
          {
            name,
            workspace,
            username,
            expires,
            claims: [],
            scale,
            ...(active !== undefined && { active }),
            ...(lastRefusal && { lastRefusal }),
          },
        ],
  );
}
