import { expect, it } from "vitest";
import { personId } from "../../shared/desktop/names.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { instanceIdOf } from "../../shared/person/work.ts";
import type { Services } from "../services.ts";
import { forgetPeople } from "./forget-people.ts";
import type { TaskHub } from "./task-hub.ts";

const retired = (username: string, generation = 0): PersonRecord => ({
  request: {
    ...{ id: "r", username, workspace: null, retire: true },
    ...{ requestedAt: "2026-01-01T00:00:00Z", subject: "s", claims: { groups: ["/a"] } },
  },
  outcomes: { r: { state: "done", at: "2026-01-01T00:01:00Z", message: "nothing of this person is left" } },
  ...(generation > 0 && { work: { generation, notBefore: "2026-01-01T00:00:30Z" } }),
});

interface World {
  now?: string;
  /** People of whom a connection in Guacamole is left. */
  left?: readonly string[];
  /** Instances that have not ended, or that the hub cannot read. */
  alive?: readonly string[];
  unreadable?: readonly string[];
}

/** People who were retired on New Year's Day by a release that kept their claims. */
function world(
  records: readonly PersonRecord[],
  { now = "2026-03-01", left = [], alive = [], unreadable = [] }: World,
) {
  const stored = new Map(records.map((record) => [personId(record.request.username), record]));
  const purged: string[] = [];
  const faults: string[] = [];
  const services = {
    settings: {
      RECORD_RETENTION_DAYS: 30,
      NAMESPACE: "g",
      CLUSTER_DOMAIN: "c",
      GUACAMOLE_ENTITY_TEMPLATE: "{username}",
    },
    now: () => new Date(now),
    desktops: {
      findDeployed: () => Promise.resolve({ deployed: [], odd: [] }),
      findOfPerson: () => Promise.resolve([]),
    },
    workspaces: { known: () => Promise.resolve({ bindings: [], workspaces: [] }) },
    guacamole: {
      findConnections: () => Promise.resolve([]),
      findWorkspacesOfUsers: (username: string) => Promise.resolve(left.includes(username) ? ["a"] : []),
      findOpenWorkspaces: () => Promise.resolve([]),
    },
    records: {
      all: () => Promise.resolve({ records: [...stored.values()], damaged: [] }),
      read: (person: string) => Promise.resolve(stored.get(person) ?? null),
      update: (person: string, change: (record: PersonRecord | null) => PersonRecord | null) => {
        const changed = change(stored.get(person) ?? null);
        if (changed) stored.set(person, changed);
        return Promise.resolve(changed);
      },
      remove: (person: string, isOver: (record: PersonRecord) => boolean) => {
        const record = stored.get(person);
        return Promise.resolve(record !== undefined && isOver(record) && stored.delete(person));
      },
    },
  } as unknown as Services;
  const hub = {
    purge: (id: string) => {
      if (unreadable.includes(id)) return Promise.reject(new Error("read work: the task hub does not answer"));
      if (!alive.includes(id)) purged.push(id);
      return Promise.resolve(!alive.includes(id));
    },
  } as unknown as TaskHub;
  const run = () => forgetPeople(services, hub, (message) => faults.push(message));
  return { run, purged, faults, names: () => [...stored.values()].map(({ request }) => request.username), stored };
}

it("records and histories of people who have nothing are deleted, once", async () => {
  const { run, purged, names } = world([retired("alice"), retired("bob", 1)], {});
  expect(await run()).toBe(2);
  expect(names()).toEqual([]);
  expect(purged.toSorted()).toEqual(
    [instanceIdOf("alice"), instanceIdOf("bob"), `${instanceIdOf("bob")}-1`].toSorted(),
  );
  expect(await run()).toBe(0);
});

it("before the retention time only claims and histories go, also those that an earlier release kept", async () => {
  const { run, purged, stored } = world([retired("alice")], { now: "2026-01-02" });
  expect(await run()).toBe(0);
  expect(purged).toEqual([instanceIdOf("alice")]);
  expect(stored.get(personId("alice"))?.request).toMatchObject({ subject: undefined, claims: {} });
});

it("a record stays while an old instance may come to life: a new record would not fence it", async () => {
  const old = `${instanceIdOf("alice")}-1`;
  const { run, names, faults } = world([retired("alice", 2), retired("bob"), retired("carol")], {
    alive: [old],
    unreadable: [instanceIdOf("bob")],
  });
  expect(await run()).toBe(1);
  expect(names()).toEqual(["alice", "bob"]);
  expect(faults).toEqual(["forget bob: read work: the task hub does not answer (tried again at the next run)"]);
});

it("a record stays while anything of its person is found", async () => {
  const { run, names } = world([retired("alice"), retired("bob")], { left: ["alice"] });
  expect(await run()).toBe(1);
  expect(names()).toEqual(["alice"]);
});
