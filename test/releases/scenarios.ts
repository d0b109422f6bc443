import type { ActivityName } from "../../shared/desktop/activities.ts";
import { askFor, bind, endOf, openWorkspace } from "../bound-people.ts";
import { namespace, type TestEstate } from "../estate.ts";
import { realmAdministrator, subjectOf } from "../keycloak-person.ts";
import { bindingOf, cohort, desktopOf, edit, partOf, remove } from "../seeded-drift.ts";

/** Something that people or timers do; the orchestrations that it starts are recorded. */
export interface Scenario {
  name: string;
  /** Creates what the scenario needs; not recorded. */
  before?(estate: TestEstate): Promise<void>;
  run(estate: TestEstate): Promise<void>;
}

const registry = "cancer-registry";

/**
 * Creates what the scenarios need before the first one. They run in order on one estate: later ones use what earlier
 * ones left.
 */
export async function prepare(estate: TestEstate): Promise<void> {
  for (const workspace of [cohort, "doubled"]) await openWorkspace(estate, workspace);
  for (const username of ["ann", "ben", "cho", "dee"]) await bind(estate, username, cohort);
  await bind(estate, "ann", registry);
  await bind(estate, "eve", "doubled");
}

async function ask(estate: TestEstate, username: string, workspace: string, expected: string): Promise<void> {
  const { state } = await endOf(estate, await askFor(estate, username, workspace));
  if (state !== expected) throw new Error(`ask for ${username} in ${workspace}: it is ${state}, not ${expected}`);
}

/** Brings up the desktop of a person whom the identity provider knows. */
async function bringUp(estate: TestEstate, username: string, workspace: string): Promise<void> {
  const { state } = await estate.ask(username, workspace);
  if (state !== "done") throw new Error(`bring up the desktop of ${username}: it is ${state}`);
}

async function suspend(estate: TestEstate, username: string): Promise<void> {
  const { body } = await estate.callAsService("DELETE", `/users/${username}/desktop`);
  const { state } = await endOf(estate, body);
  if (state !== "done") throw new Error(`suspend the desktop of ${username}: it is ${state}`);
}

async function byAdministrator(estate: TestEstate, method: string, path: string, sent?: object): Promise<void> {
  const { status, body } = await estate.call("olga", method, path, sent);
  if (status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(body)}`);
  await estate.host.whenIdle();
}

async function trigger(estate: TestEstate, timer: string): Promise<void> {
  await estate.host.trigger(timer);
  await estate.host.whenIdle();
}

/** Makes these activities fail: always, or this many times. */
function failing(estate: TestEstate, names: readonly ActivityName[], times = Infinity): void {
  const left = new Map<string, number>(names.map((name) => [name, times]));
  estate.faults.beforeActivity = ({ name }) => {
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    if (count > 0)
      throw new Error("[cluster-unavailable] patch object: the API server does not answer (try again later)");
  };
}

const scaleBinding = (estate: TestEstate, username: string, replicas: number) =>
  edit(estate, { ...bindingOf(desktopOf({ username })), spec: { replicas } });

const fault = (estate: TestEstate, username: string, is: "image-pull" | "never-ready" | "unschedulable" | null) => {
  estate.cluster.setFault({ namespace, deployment: desktopOf({ username }).names.deployment }, is);
};

export const scenarios: readonly Scenario[] = [
  { name: "activation", run: (estate) => ask(estate, "ann", cohort, "done") },
  { name: "suspension", run: (estate) => suspend(estate, "ann") },
  { name: "activation-of-suspended", run: (estate) => ask(estate, "ann", cohort, "done") },
  { name: "switch", run: (estate) => ask(estate, "ann", registry, "done") },
  {
    name: "activation-undone",
    async run(estate) {
      failing(estate, ["recordActive"]);
      await ask(estate, "ben", cohort, "failed");
      estate.mend();
    },
  },
  {
    name: "activation-left-behind",
    async run(estate) {
      failing(estate, ["grantPermission", "removeConnection"]);
      await ask(estate, "ben", cohort, "failed");
      estate.mend();
    },
  },
  {
    name: "activation-refused",
    async run(estate) {
      fault(estate, "ben", "image-pull");
      await ask(estate, "ben", cohort, "failed");
      fault(estate, "ben", null);
    },
  },
  {
    name: "activation-after-retries",
    async run(estate) {
      failing(estate, ["createCredential", "waitReady"], 2);
      await ask(estate, "ben", cohort, "done");
      estate.mend();
    },
  },
  {
    name: "superseded",
    before: (estate) => suspend(estate, "ann"),
    async run(estate) {
      fault(estate, "ann", "never-ready");
      const first = await askFor(estate, "ann", cohort);
      const begun = new Promise<void>((resolve) => {
        estate.faults.afterActivity = ({ name }) => {
          if (name === "createDeployment") resolve();
        };
      });
      await begun;
      estate.mend();
      await ask(estate, "ann", registry, "done");
      const { state } = await endOf(estate, first);
      if (state !== "superseded") throw new Error(`supersede a request: it is ${state}`);
      fault(estate, "ann", null);
    },
  },
  {
    name: "reap",
    before: (estate) => ask(estate, "cho", cohort, "done"),
    async run(estate) {
      await scaleBinding(estate, "cho", 0);
      await trigger(estate, "reapTimer");
    },
  },
  {
    name: "review-given-back",
    async run(estate) {
      await scaleBinding(estate, "ben", 0);
      estate.faults.afterActivity = async ({ name }) => {
        if (name === "withdrawPermission") await scaleBinding(estate, "ben", 1);
      };
      await trigger(estate, "reapTimer");
      estate.mend();
    },
  },
  {
    name: "removal",
    async run(estate) {
      const { body } = await estate.call<{ desktops: { id: string }[] }>("olga", "GET", "/desktops?username=cho");
      await byAdministrator(estate, "POST", `/desktops/${body.desktops[0]?.id ?? ""}/retire`, {});
    },
  },
  { name: "retirement", run: (estate) => byAdministrator(estate, "DELETE", "/users/ann") },
  {
    name: "notice",
    before: (estate) => bringUp(estate, "bob", registry),
    async run(estate) {
      failing(estate, ["findPeople", "applyNotice"], 5);
      const keycloak = await realmAdministrator(estate);
      await keycloak.users.update({ id: await subjectOf(estate, "bob") }, { enabled: false });
      await estate.host.whenIdle();
      estate.mend();
    },
  },
  {
    name: "reconcile",
    async before(estate) {
      await ask(estate, "dee", cohort, "done");
      await ask(estate, "eve", "doubled", "done");
      await ask(estate, "ben", cohort, "done");
      await bringUp(estate, "alice", "asthma-cohort");
    },
    // A binding, a Service and a person are gone, and a group is duplicated.
    async run(estate) {
      await remove(estate, bindingOf(desktopOf({ username: "dee" })));
      await remove(estate, partOf("service", desktopOf({ username: "ben" })));
      await estate.guacamole.query(
        "INSERT INTO guacamole_connection_group (connection_group_name, type) VALUES ('doubled', 'ORGANIZATIONAL')",
      );
      estate.identity.tell({});
      const keycloak = await realmAdministrator(estate);
      await keycloak.users.del({ id: await subjectOf(estate, "alice") });
      await trigger(estate, "reconcileTimer");
    },
  },
  { name: "upkeep", run: (estate) => trigger(estate, "upkeepTimer") },
];
