import { fulfilRequest } from "../../orchestrations/fulfil-request.ts";
import type { ActivityName } from "../../shared/desktop/activities.ts";
import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import { finish, finishOthers, finishRollback } from "../../shared/person/finish.ts";
import { isDue as isDueNow, isUnfinished } from "../../shared/person/left-to-do.ts";
import { remember } from "../../shared/person/request.ts";
import { finishRetirement } from "../../shared/person/retirement.ts";
import type { Outcome, PersonRecord } from "../../shared/person/record.ts";
import { checkGeneration, type Fence, isTakingOver, replaceWork } from "../../shared/person/work.ts";
import type { Setback } from "../../shared/person/trouble.ts";
import { chanceOf } from "./chance.ts";
import { minute, second } from "./faults.ts";
import { drive, workflowOver } from "./model-workflow.ts";
import type { DesktopBefore } from "../../shared/desktop/state.ts";
import type { Leaver, Source, Troubles } from "./leavers-truth.ts";
import type { Process, Timeline } from "./timeline.ts";
import { iso, workspace } from "./truth.ts";

/** A dead host's messages are visible again after this time (host.json). */
const visibilityTimeout = minute;
/** After this long nothing of a replaced instance can be under way (functions/work/stuck.ts). */
const settles = 2 * minute;

/** What the task hub says of a person's orchestration. */
interface Instance {
  updatedAt: number;
  /** Its messages were lost: it stays Running for ever. */
  lost: boolean;
}

export interface Product {
  /** Sees to it that somebody works towards what the record says, as after each change of it. */
  wake(leaver: Leaver): void;
  /** One run of the wake timer. */
  keepWorking(): void;
  answers(source: Source): boolean;
  hostUp(): boolean;
  counts: { died: number; replaced: number; resumed: number; retried: number };
}

interface Options {
  seed: number;
  timeline: Timeline;
  leavers: readonly Leaver[];
  troubles: Troubles;
  /** Somebody was connected to a desktop that is stopped. */
  onCut: (leaver: Leaver) => void;
  isDue?: typeof isDueNow;
  stuckAfter?: number;
}

/** The product's own orchestration of a person, over the model, on hosts that die and hubs that lose messages. */
export function createProduct({
  seed,
  timeline,
  leavers,
  troubles,
  onCut,
  isDue = isDueNow,
  stuckAfter = 10 * minute,
}: Options): Product {
  const { now } = timeline;
  const chance = chanceOf(seed, "product");
  const instances = new Map<Leaver, Instance>();
  const byName = new Map(leavers.map((leaver) => [leaver.username, leaver]));
  const counts = { died: 0, replaced: 0, resumed: 0, retried: 0 };
  let startedAt = now();
  const within = (spells: readonly { from: number; to: number }[]) =>
    spells.find(({ from, to }) => from <= now() && now() < to);
  const answers = (source: Source) => !within(troubles.away.filter((spell) => spell.source === source));
  const hostUp = () => !within(troubles.hostDown);

  /** What the host was doing is taken up again after its start, or is lost with its messages. */
  function dieUntil(to: number): void {
    for (const instance of instances.values()) instance.lost ||= chance.happens(troubles.lostShare);
    timeline.at(to, () => (startedAt = now()));
  }
  for (const { from, to } of troubles.hostDown)
    timeline.at(from, () => {
      dieUntil(to);
    });

  const need = (...needed: Source[]) => {
    const missing = needed.find((source) => !answers(source));
    if (missing === "database") throw new Error("[guacamole-unavailable] the database does not answer");
    if (missing) throw new Error("[cluster-unavailable] the cluster does not answer");
  };
  const named = (username: string) => byName.get(username) as Leaver;
  const change = (username: string, changed: (record: PersonRecord) => PersonRecord) => {
    need("cluster");
    const leaver = named(username);
    if (leaver.record) leaver.record = changed(leaver.record);
  };

  const ownParts = ["secret", "networkPolicy", "service"];

  /** What each activity needs, and what it does to the person's desktop. */
  const effects: Partial<Record<ActivityName, [readonly Source[], (leaver: Leaver) => void]>> = {
    createParts: [
      ["cluster"],
      ({ parts }) => {
        for (const part of ownParts) parts.add(part);
      },
    ],
    createDeployment: [["cluster"], start],
    removeParts: [
      ["cluster"],
      (leaver) => {
        for (const part of ownParts) takeBack(leaver, part);
      },
    ],
    removeDeployment: [
      ["cluster"],
      (leaver) => {
        takeBack(leaver, "deployment");
      },
    ],
    writeConnection: [["database"], ({ parts }) => parts.add("connection")],
    removeConnection: [
      ["database"],
      (leaver) => {
        takeBack(leaver, "connection");
      },
    ],
    grantPermission: [["database"], (leaver) => (leaver.permitted = true)],
    revokePermission: [
      ["database"],
      (leaver) => (leaver.permitted = leaver.record?.before?.desktop.permissions.connection === true),
    ],
    withdrawPermission: [["database"], (leaver) => (leaver.permitted = false)],
    giveBackPermission: [["database"], (leaver) => (leaver.permitted = leaver.replicas === 1)],
    scaleToZero: [["cluster"], stop],
    retireDeployment: [
      ["cluster"],
      (leaver) => {
        stop(leaver);
        leaver.parts.delete("deployment");
      },
    ],
    retireService: [["cluster"], ({ parts }) => parts.delete("service")],
    retireCredential: [["cluster"], ({ parts }) => parts.delete("secret")],
    retireNetworkPolicy: [["cluster"], ({ parts }) => parts.delete("networkPolicy")],
    retireConnection: [
      ["database"],
      (leaver) => {
        leaver.parts.delete("connection");
        // guacamole_connection_permission goes with its connection (001-create-schema.sql, ON DELETE CASCADE).
        leaver.permitted = false;
      },
    ],
  };

  function start(leaver: Leaver): void {
    leaver.parts.add("deployment");
    if (leaver.replicas === 0) leaver.startedAt = now();
    leaver.replicas = 1;
  }
  function stop(leaver: Leaver): void {
    if (leaver.connected) onCut(leaver);
    Object.assign(leaver, { replicas: 0, connected: false });
  }
  /** As it was before the activation. */
  function takeBack(leaver: Leaver, part: string): void {
    const before = leaver.record?.before?.desktop;
    const had: Record<string, boolean | undefined> = {
      deployment: before?.deployment != null,
      secret: before?.secret,
      networkPolicy: before?.networkPolicy,
      service: before?.service,
      connection: before?.connectionId != null,
    };
    if (!had[part]) leaver.parts.delete(part);
    if (part === "deployment" && before?.deployment?.replicas !== 1) stop(leaver);
  }

  const activities = {
    *readRequest({ username }: { username: string }) {
      need("cluster");
      return named(username).record ?? null;
    },
    *recordOutcome({
      username,
      requestId,
      outcome,
      others,
    }: {
      username: string;
      requestId: string;
      outcome: Outcome;
      others?: Setback;
    }) {
      change(username, (record) => finish(record, requestId, outcome, { at: iso(now()), others }));
      if (named(username).record?.request.trouble) counts.retried += 1;
      return named(username).record ?? null;
    },
    *recordRemoval({ username, id, outcome }: { username: string; id: string; outcome: Outcome }) {
      change(username, (record) => finishRetirement(record, id, outcome, iso(now())));
      return null;
    },
    *recordOthers({ username, id, setback }: { username: string; id: string; setback: Setback | null }) {
      change(username, (record) => finishOthers(record, id, setback, iso(now())));
      return null;
    },
    *recordRollback({ username, id, setback }: { username: string; id: string; setback: Setback | null }) {
      change(username, (record) => finishRollback(record, id, setback, iso(now())));
      return null;
    },
    *planRollback({ username }: { username: string }) {
      need("cluster", "database");
      const { record, connected } = named(username);
      const had = record?.before?.desktop.deployment;
      const goes = connected || had?.replicas === 1 ? "stay" : had ? "suspend" : "retire";
      return { desktop: known(username), goes, giveBack: [] };
    },
    *checkEntitlement({ request: { username } }: { request: { username: string } }) {
      need("cluster");
      const { byGroup, record } = named(username);
      if (byGroup && !record?.request.claims["groups"]) return { refused: "workspace-not-bound", reason: "" };
      return { plan: { ...known(username), readyWithinSeconds: 300 }, managedDatabase: false };
    },
    *observeDesktop({ request: { username } }: { request: { username: string } }) {
      need("cluster", "database");
      const { parts, replicas, permitted } = named(username);
      const has = (part: string) => parts.has(part);
      const deployment = has("deployment") ? { replicas, ready: replicas, ports: [], ownPassword: false } : null;
      const before = {
        ...{ secret: has("secret"), networkPolicy: has("networkPolicy"), service: has("service"), deployment },
        ...{ connectionId: has("connection") ? 1 : null, permissions: { connection: permitted } },
        others: [],
      } as unknown as DesktopBefore;
      change(username, (record) => remember(record, workspace, before));
      return { before, elsewhere: false };
    },
    *awaitAdmission() {
      need("cluster");
      return { seen: "ready", message: "" };
    },
    *waitReady() {
      need("cluster");
      yield chance.between(15, 120) * second;
      need("cluster");
      return { seen: "ready", message: "" };
    },
    *ensureDatabaseRunning() {
      return { seen: "ready", message: "" };
    },
    *listDesktops({ username }: { username: string }) {
      need("cluster", "database");
      return named(username).parts.size > 0 ? [known(username)] : [];
    },
    *listActiveDesktops({ username, except }: { username: string; except?: string }) {
      need("cluster", "database");
      const { replicas, permitted } = named(username);
      return except !== workspace && (replicas === 1 || permitted) ? [known(username)] : [];
    },
  } as unknown as Record<string, (input: object) => Process<unknown>>;

  function* act(
    name: ActivityName,
    input: { username?: string; request?: { username: string }; fence?: Fence },
  ): Process<unknown> {
    if (input.fence) {
      need("cluster");
      checkGeneration(named(input.fence.username).record ?? null, input.fence);
    }
    const own = activities[name];
    if (own) return yield* own(input);
    const [needed, effect] = effects[name] ?? [["cluster"], () => undefined];
    for (const source of needed)
      if (answers(source) && chance.happens(troubles.outageAtWork)) {
        const to = Math.round(now() + chance.spread(20 * second, 30 * minute));
        troubles.away.push({ source, from: now(), to });
      }
    need(...needed);
    effect(named(input.username ?? input.request?.username ?? ""));
    return null;
  }

  /** Runs on hosts that may die at any activity. */
  function workflowOf(instance: Instance) {
    const all = new Proxy(
      {},
      {
        get: (_, name: ActivityName) =>
          function* (input: object): Process<unknown> {
            if (hostUp() && chance.happens(troubles.diesAtWork)) {
              const to = Math.round(now() + chance.spread(5 * second, 5 * minute));
              troubles.hostDown.push({ from: now(), to });
              counts.died += 1;
              dieUntil(to);
            }
            const down = within(troubles.hostDown);
            if (instance.lost) yield Infinity;
            if (down) {
              counts.resumed += 1;
              yield down.to - now() + chance.between(0, visibilityTimeout);
            }
            instance.updatedAt = now();
            return yield* act(name, input);
          },
      },
    );
    return workflowOver(all, now, chance);
  }

  function* work(leaver: Leaver, instance: Instance): Process {
    yield chance.between(0.1, 3) * second;
    const { username } = leaver;
    try {
      while (yield* drive(fulfilRequest(workflowOf(instance), { username })));
    } catch {
      // The instance fails: the cluster was away for longer than its retries. The wake timer begins anew.
    }
    if (instances.get(leaver) === instance) instances.delete(leaver);
  }

  function begin(leaver: Leaver): void {
    const instance = { updatedAt: now(), lost: false };
    instances.set(leaver, instance);
    timeline.run(work(leaver, instance));
  }

  return {
    answers,
    hostUp,
    counts,
    wake(leaver) {
      if (hostUp() && !instances.has(leaver) && leaver.record && isUnfinished(leaver.record)) begin(leaver);
    },
    keepWorking() {
      if (!hostUp() || !answers("cluster")) return;
      for (const leaver of leavers) {
        const { record } = leaver;
        if (!record || !isUnfinished(record)) continue;
        const instance = instances.get(leaver);
        if (!instance) {
          if (isDue(record, new Date(now()))) begin(leaver);
        } else if (
          !isTakingOver(record, new Date(now())) &&
          now() - Math.max(instance.updatedAt, startedAt) > stuckAfter
        ) {
          counts.replaced += 1;
          leaver.record = replaceWork(record, iso(now() + settles));
          begin(leaver);
        }
      }
    },
  };
}

export function known(username: string): KnownDesktop {
  const names = { deployment: username, service: username, secret: username, networkPolicy: username, host: username };
  return { workspace, username, names: { ...names, group: workspace, connection: username, entity: username } };
}
