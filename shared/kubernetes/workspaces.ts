import type { KubernetesObject } from "@kubernetes/client-node";
import type {
  Binding,
  ScalingRefusal,
  UnreadableBinding,
  Workspace,
  WorkspacesAndBindings,
} from "../desktop/entitlement.ts";
import { canonicalUsername } from "../desktop/names.ts";
import { objectName } from "../desktop/policy-text.ts";
import type { BindingStatus } from "../desktop/state.ts";
import type { Cluster, Reference } from "./cluster.ts";
import { annotation, label, usernameLabel, valuesInSelectors } from "./labels.ts";
import { type KeptBindings, keptBindingsIn } from "./kept-bindings.ts";
import { bindingSchema, type Note, parseBinding, parseWorkspace } from "./parse-workspaces.ts";
import { sharedRead, sharedReadOf } from "./shared-read.ts";

const apiVersion = "xlscsde.nhs.uk/v1";
const workspaceKind = { apiVersion, kind: "AnalyticsWorkspace" };
const bindingKind = { apiVersion, kind: "AnalyticsWorkspaceBinding", plural: "analyticsworkspacebindings" };

/** More workspaces are read by one list. */
const mostRead = 8;

/** Workspaces and bindings as the platform keeps them: the source of entitlement. */
export interface Workspaces {
  /** Everything that decides who may use what. Objects that do not fulfil their schema are left out, but reported. */
  known(): Promise<WorkspacesAndBindings>;
  /**
   * The bindings that name this person, by their label; in an estate of thousands much less than everything. One whose
   * label stands for another name is missing.
   */
  bindingsOf(username: string): Promise<Binding[]>;
  /**
   * The bindings that can be this person's: those that name them by their label, and those without a username's label, which
   * may let in anybody by claims. One whose label stands for another name is missing.
   */
  bindingsFor(username: string): Promise<Binding[]>;
  /** The same without those that lack the label: one short list. */
  labelledFor(username: string): Promise<Binding[]>;
  /** The same for several people: what can be any of theirs. What is wrong with those that were read is noted. */
  bindingsForPeople(usernames: readonly string[], note?: Note): Promise<Binding[]>;
  /** How the bindings that name people are scaled, by what changed since the last call. Only timers call it. */
  scaling(): Promise<KeptBindings>;
  /** One workspace; null if there is none that can be read. */
  workspace(name: string): Promise<Workspace | null>;
  /** These workspaces, as far as they can be read: each by its name, or many by one list. */
  workspacesNamed(names: readonly string[], note?: Note): Promise<Workspace[]>;
  /** Throws unless workspaces and bindings can be listed. Costs the same in an estate of any size. */
  check(): Promise<void>;
  /** What a binding's wanted replicas and status are now, or null if there is no such binding. */
  bindingState(name: string): Promise<{ replicas: number | null; status: BindingStatus | null } | null>;
  /** Mirrors a desktop's state into its binding, as the operator did. A missing binding is not an error. */
  recordBinding(name: string, replicas: number | null, status: BindingStatus | null): Promise<void>;
  /** Writes a binding's status, and nothing of what it wants. A binding that is gone is no error. */
  recordStatus(name: string, status: BindingStatus): Promise<void>;
  /** Notes that we know of a binding's wanted replicas, no matter who wrote them. */
  markSeen(name: string, replicas: number): Promise<void>;
  /** Sets a binding's wanted replicas to what really runs: nothing came of what somebody else wrote. */
  scaleBack(name: string, replicas: number): Promise<void>;
  /** Notes when a binding was first found as it is scaled now. The note is void once it is scaled again. */
  noticeScaling(name: string, at: string): Promise<void>;
  /** Notes in a binding, for its person and for operators, why scaling it up had no effect. */
  recordRefusal(name: string, refusal: ScalingRefusal): Promise<void>;
}

export function workspacesIn(cluster: Cluster, namespace: string): Workspaces {
  const reference = (name: string): Reference & { plural: string } => ({
    ...bindingKind,
    metadata: { name, namespace },
  });
  const bindings = (labels: string, note?: Note) =>
    parsed(cluster.pages(bindingKind, namespace, { labels }), (object) => parseBinding(object, note));
  const withoutLabelAndOdd = sharedRead(async () => {
    const odd: string[] = [];
    return { found: await bindings(`!${label.username}`, (fault) => odd.push(fault)), odd };
  });
  const withoutLabel = async () => (await withoutLabelAndOdd()).found;
  // Two usernames can share a label.
  const labelled = async (username: string) => {
    const own = usernameLabel(username);
    const found = own === null ? [] : await bindings(`${label.username}=${own}`);
    return found.filter((binding) => binding.username === username);
  };
  const possible = async (username: string) => {
    const [own, others] = await Promise.all([labelled(username), withoutLabel()]);
    return [...own, ...others.filter((each) => each.username === undefined || each.username === username)];
  };
  const workspaceObject = sharedReadOf(async (name: string) => {
    if (!objectName.test(name)) return null; // a binding can name anything, also what would be another path
    const { apiVersion, kind } = workspaceKind;
    return cluster.read({ apiVersion, kind, metadata: { name, namespace } });
  });
  const workspace = async (name: string): Promise<Workspace | null> => {
    const found = await workspaceObject(name);
    return (found && parseWorkspace(found)[0]) ?? null;
  };
  const labelledAs = async (usernames: readonly string[], note?: Note) => {
    const labels = usernames.map(usernameLabel).filter((each) => each !== null);
    const found: Binding[] = [];
    for (const values of valuesInSelectors(labels))
      found.push(...(await bindings(`${label.username} in (${values})`, note)));
    return found;
  };

  return {
    // In a rush every request and every activation asks; one list of the estate each would keep the API server from answering.
    known: sharedRead(async () => {
      const unreadable: WorkspacesAndBindings["unreadable"] = { workspaces: [], bindings: [] };
      const odd: string[] = [];
      const note: Note = (fault) => odd.push(fault);
      const [workspaces, bindings] = await Promise.all([
        parsed(
          cluster.pages(workspaceKind, namespace),
          (object) => parseWorkspace(object, note),
          ({ metadata }) => {
            unreadable.workspaces.push(metadata?.name ?? "");
          },
        ),
        parsed(
          cluster.pages(bindingKind, namespace),
          (object) => parseBinding(object, note),
          (object) => {
            unreadable.bindings.push(readableOf(object));
          },
        ),
      ]);
      return { workspaces, bindings, unreadable, odd };
    }),
    bindingsOf: async (username) => (await possible(username)).filter((binding) => binding.username === username),
    bindingsFor: possible,
    labelledFor: labelled,
    scaling: keptBindingsIn(cluster, bindingKind, namespace),
    async bindingsForPeople(usernames, note) {
      const people = new Set(usernames);
      const [own, { found, odd }] = await Promise.all([labelledAs(usernames, note), withoutLabelAndOdd()]);
      for (const fault of odd) note?.(fault);
      return [...own, ...found].filter(({ username }) => username === undefined || people.has(username));
    },
    workspace,
    async workspacesNamed(names, note) {
      if (names.length > mostRead) {
        const wanted = new Set(names);
        const among = (object: KubernetesObject) => wanted.has(object.metadata?.name ?? "");
        return parsed(cluster.pages(workspaceKind, namespace), (object) =>
          among(object) ? parseWorkspace(object, note) : [],
        );
      }
      const found = await Promise.all(names.map(workspaceObject));
      return found.flatMap((object) => (object ? parseWorkspace(object, note) : []));
    },
    async check() {
      // One after the other: after an outage the first call finds out that it is over, and the others would be refused.
      await cluster.checkList(workspaceKind, namespace);
      await cluster.checkList(bindingKind, namespace);
    },
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
    async scaleBack(name, replicas) {
      await cluster.mergeSpec(plain(reference(name)), { replicas }, seen(replicas));
    },
    async noticeScaling(name, at) {
      const found = await cluster.read(plain(reference(name)));
      const { generation } = (found?.metadata ?? {}) as { generation?: number };
      if (generation === undefined) return;
      await cluster.mergeSpec(plain(reference(name)), {}, { [annotation.scalingNoticed]: `${generation} ${at}` });
    },
    async recordRefusal(name, refusal) {
      await cluster.mergeSpec(plain(reference(name)), {}, { [annotation.scalingRefused]: JSON.stringify(refusal) });
      await cluster.mergeStatus(reference(name), { statusText: `REFUSED: ${refusal.reason}` });
    },
    async markSeen(name, replicas) {
      await cluster.mergeSpec(plain(reference(name)), {}, seen(replicas));
    },
  };
}

/** Whose a binding is that cannot be read as a whole, and of which workspace, as far as it says. */
function readableOf({ metadata, ...object }: KubernetesObject & { spec?: unknown }): UnreadableBinding {
  const { workspace, username } = (object.spec ?? {}) as { workspace?: unknown; username?: unknown };
  return {
    name: metadata?.name ?? "",
    ...(typeof workspace === "string" && { workspace }),
    ...(typeof username === "string" && username !== "" && { username: canonicalUsername(username) }),
  };
}

async function parsed<T>(
  pages: AsyncGenerator<KubernetesObject[]>,
  parse: (object: KubernetesObject) => T[],
  note: (unreadable: KubernetesObject) => void = () => undefined,
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
