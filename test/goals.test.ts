import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { KubeConfig } from "@kubernetes/client-node";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { customResources } from "../local/custom-resources.ts";
import { personId } from "../shared/desktop/names.ts";
import type { Trouble } from "../shared/person/record.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { bind } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { logIn, realmAdministrator, subjectOf } from "./keycloak-person.ts";
import { edit, recordOf } from "./seeded-drift.ts";
import { databaseOutage, interruptible, type Outage } from "./outages.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";

let cluster: LocalCluster;
let way: Awaited<ReturnType<typeof interruptible>>;
let estate: TestEstate;
let database: Awaited<ReturnType<typeof databaseOutage>>;
let outages: Record<"cluster" | "database", Outage>;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"], shouldAdvanceTime: true });
  cluster = await startLocalCluster({
    customResources,
    store: ":memory:",
    podDelays: { scheduledAfterMs: 5, runningAfterMs: 10, readyAfterMs: 20, goneAfterMs: 5 },
  });
  const admin = new KubeConfig();
  admin.loadFromString(cluster.kubeconfig);
  way = await interruptible(admin);
  estate = await startTestEstate({ admin, product: way.kubeconfig });
  database = await databaseOutage(estate.guacamole);
  outages = { cluster: way, database };
  for (const username of ["alice", "bob", "carol", "dan"])
    for (const workspace of [asthma, registry]) await bind(estate, username, workspace).catch(() => undefined);
});
afterAll(async () => {
  await database.close();
  await estate.close();
  await way.close();
  await cluster.close();
  vi.useRealTimers();
});
afterEach(async () => {
  estate.mend();
  await Promise.all(Object.values(outages).map((outage) => outage.end()));
  await untilServed();
  for (const username of ["alice", "bob"])
    await estate.end("olga", (await estate.call("olga", "DELETE", `/users/${username}`)).body);
});

interface Goal {
  goal: string;
  username: string;
  workspace?: string;
  trouble?: Trouble;
}

const goals = async () => (await estate.call<{ goals: Goal[] }>("olga", "GET", "/maintenance")).body.goals;
const inHealth = async () => (await estate.call<{ goals: string[] }>("olga", "GET", "/health/ready")).body.goals;
/** Both circuits find out within a second that an outage is over. */
const untilServed = () =>
  expect
    .poll(
      async () =>
        (await estate.call<{ unanswered?: string[] }>("olga", "GET", "/desktops?username=alice")).body.unanswered,
      { timeout: 10_000 },
    )
    .toEqual([]);
const record = (username: string) => personRecordsIn(clusterOf(estate.kubeconfig), namespace).read(personId(username));
const trigger = async (timer: string) => {
  await estate.host.trigger(timer);
  await estate.host.whenIdle();
};
const id = async (username: string, workspace: string) => {
  const { body } = await estate.call<{ desktops: { id: string }[] }>(
    "olga",
    "GET",
    `/desktops?username=${username}&workspace=${workspace}`,
  );
  return body.desktops[0]?.id ?? "none";
};

/** What is there of a person: their Deployments with their replicas, and where they may open one. */
async function thereIs(username: string) {
  const { objects, rows } = await estate.world();
  const deployments = Object.entries(objects).flatMap(([name, object]) => {
    const { annotations = {}, spec } = object as { annotations?: Record<string, string>; spec?: { replicas?: number } };
    const workspace = annotations["xlscsde.nhs.uk/workspace"] ?? "";
    return name.startsWith("Deployment ") && annotations["xlscsde.nhs.uk/username"] === username
      ? [`${workspace} ${spec?.replicas ?? 1}`]
      : [];
  });
  const open = rows.filter((row) => row.startsWith("may open ") && row.includes(`@${username} `)).length;
  return { deployments: deployments.sort(), open };
}

/** An outage that begins before the first of these activities, and is over when its failure is written down. */
function outageFrom(activity: string, outage: Outage) {
  let began = false;
  estate.faults.beforeActivity = async ({ name }) => {
    if (name === activity && !began) {
      began = true;
      await outage.begin();
    }
    if (!/^record(Outcome|Removal|Review|Others|Rollback)$/.test(name)) return;
    await outage.end();
    // The task hub's retries take no time here; in the seconds that they take, a circuit finds out that it is over.
    vi.advanceTimersByTime(1_000);
  };
  return () => began;
}

/** A goal that an outage kept from being reached rests, is shown everywhere, and is reached at its next try. */
async function expectReachedLater(username: string, reached: Awaited<ReturnType<typeof thereIs>>): Promise<void> {
  estate.mend();
  await untilServed();
  const [unreached] = await goals();
  expect(await goals()).toHaveLength(1);
  expect(unreached).toMatchObject({ username, trouble: { tries: 1 } });
  expect(await inHealth()).toEqual([expect.stringContaining("it is to hold that ")]);
  const { body: listed } = await estate.call<{ goals: Goal[] }>("olga", "GET", `/desktops?username=${username}`);
  expect(listed.goals).toEqual([unreached]);
  const { body: own } = await estate.callAsService<{ goals?: Goal[]; state: string; reason: string }>(
    "GET",
    `/users/${username}/desktop`,
  );
  expect(own.goals).toEqual([unreached]);

  // Nothing works on it before the next try is due.
  const worked: string[] = [];
  estate.faults.beforeActivity = ({ name }) => void worked.push(name);
  await trigger("wakeForgotten");
  expect(worked).toEqual([]);
  estate.mend();

  vi.setSystemTime(Date.parse(unreached?.trouble?.nextTry ?? "") + 1);
  await trigger("wakeForgotten");
  expect(await thereIs(username)).toEqual(reached);
  expect(await goals()).toEqual([]);
  expect(await inHealth()).toEqual([]);
  expect((await estate.callAsService<{ goals?: Goal[] }>("GET", `/users/${username}/desktop`)).body.goals).toBe(
    undefined,
  );
}

const nothing = { deployments: [], open: 0 };
const suspended = { deployments: [`${asthma} 0`], open: 0 };

describe.each(["cluster", "database"] as const)("while the %s is away", (system) => {
  const leavers = { cluster: "carol", database: "dan" };

  it("a person who is deleted in Keycloak is retired afterwards", async () => {
    const username = leavers[system];
    await logIn(estate, username, asthma);
    const began = outageFrom("listDesktops", outages[system]);
    const keycloak = await realmAdministrator(estate);
    await keycloak.users.del({ id: await subjectOf(estate, username) });
    await estate.host.whenIdle();
    expect(began()).toBe(true);
    expect(await thereIs(username)).toEqual({ deployments: [`${asthma} 1`], open: 1 });
    await expectReachedLater(username, nothing);
  });

  it("an administrator's retirement of a desktop stays to be done, and its person may have another meanwhile", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    outageFrom("listDesktops", outages[system]);
    const { body } = await estate.call("olga", "POST", `/desktops/${await id("alice", asthma)}/retire`, {
      reason: "the study ended",
    });
    expect(await estate.end("olga", body)).toMatchObject({ state: "running", trouble: { tries: 1 } });
    estate.mend();
    await estate.host.whenIdle();
    // Their wish for none was fulfilled all the same, once the outage was over.
    expect(await thereIs("alice")).toEqual(suspended);
    await expectReachedLater("alice", nothing);
    expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
  });

  it("a suspension that a person asks for is done afterwards", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    outageFrom("listActiveDesktops", outages[system]);
    expect(await estate.ask("alice", null)).toMatchObject({ state: "running", trouble: { tries: 1 } });
    const { body } = await estate.call<{ state: string; reason: string }>("alice", "GET", "/users/alice/desktop");
    expect(body).toMatchObject({ state: "suspending", reason: expect.stringContaining("tried again at") as string });
    await expectReachedLater("alice", suspended);
  });

  it("a suspension gives way to the person's next request", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    outageFrom("listActiveDesktops", outages[system]);
    const resting = await estate.ask("alice", null);
    expect(resting).toMatchObject({ state: "running" });
    estate.mend();
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    expect(await estate.end("alice", resting)).toMatchObject({ state: "superseded" });
    expect(await goals()).toEqual([]);
  });

  it("the desktop of a person who logged out is suspended afterwards", async () => {
    await logIn(estate, "alice", asthma);
    const keycloak = await realmAdministrator(estate);
    await keycloak.users.logout({ id: await subjectOf(estate, "alice") });
    await estate.host.whenIdle();
    expect((await record("alice"))?.presence?.leaving).toBeDefined();
    vi.setSystemTime(Date.now() + 16 * 60_000);
    outageFrom("listActiveDesktops", outages[system]);
    await trigger("endLeaves");
    expect(await thereIs("alice")).toEqual({ deployments: [`${asthma} 1`], open: 1 });
    await expectReachedLater("alice", suspended);
  });

  it("an idle desktop is suspended afterwards, by the same review", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    vi.setSystemTime(Date.now() + 3 * 3_600_000);
    outageFrom("scaleToZero", outages[system]);
    await trigger("reapTimer");
    if (system === "cluster") await expectReachedLater("alice", suspended);
    else expect(await thereIs("alice")).toEqual(suspended); // scaling needs no database
  });

  it("the previous desktop after a switch is suspended afterwards", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    outageFrom("listActiveDesktops", outages[system]);
    expect(await estate.ask("alice", registry)).toMatchObject({
      state: "done",
      message: expect.stringContaining("left behind of the previous one") as string,
    });
    await expectReachedLater("alice", { deployments: [`${asthma} 0`, `${registry} 1`], open: 1 });
  });

  it("what a failed start left behind is undone afterwards, and the previous desktop opens again", async () => {
    expect(await estate.ask("bob", registry)).toMatchObject({ state: "done" });
    // Granting needs the database alone; the record of what is active needs the cluster.
    outageFrom({ cluster: "recordActive", database: "grantPermission" }[system], outages[system]);
    const failed = await estate.ask("bob", asthma);
    expect(failed).toMatchObject({ state: "failed" });
    expect(failed.leftBehind).not.toEqual([]);
    await expectReachedLater("bob", { deployments: [`${registry} 1`], open: 1 });
  });
});

describe("what an earlier release left", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const failed = {
    ...{ state: "failed", at, code: "cluster-unavailable", reason: "away", step: "desktops" },
    ...{ undone: [], leftBehind: ["desktops"] },
  };
  /** Alice has a desktop; her record says that this wish of hers, for none, ended so. */
  async function leave(wish: object, outcome: object): Promise<void> {
    await logIn(estate, "alice", asthma);
    const subject = await subjectOf(estate, "alice");
    const request = { id: "r", username: "alice", workspace: null, requestedAt: at, subject, claims: {}, ...wish };
    const data = { request: JSON.stringify(request), outcomes: JSON.stringify({ r: outcome }) };
    // It did not write the label by which open records are found.
    const { metadata, ...kind } = recordOf("alice");
    const unlabelled = { ...metadata, labels: { "xlscsde.nhs.uk/work": null } };
    await edit(estate, { ...kind, metadata: unlabelled, data } as unknown as Parameters<typeof edit>[1]);
    expect(await thereIs("alice")).toEqual({ deployments: [`${asthma} 1`], open: 1 });
  }

  it.each([
    ["a retirement", { retire: true }, nothing],
    ["a suspension", {}, suspended],
  ])("%s that it gave up is done by the wake timer", async (_, wish, reached) => {
    await leave(wish, failed);
    expect(await goals()).toMatchObject([{ username: "alice" }]);
    await trigger("wakeForgotten");
    expect(await thereIs("alice")).toEqual(reached);
    expect(await goals()).toEqual([]);
  });

  it("a retirement that is recorded as done is done again when Keycloak says that the person is gone", async () => {
    await leave({ retire: true }, { state: "done", at, message: "nothing of this person is left" });
    const keycloak = await realmAdministrator(estate);
    const id = await subjectOf(estate, "alice");
    await keycloak.users.update({ id }, { enabled: false });
    await estate.host.whenIdle();
    expect(await thereIs("alice")).toEqual(nothing);
    await keycloak.users.update({ id }, { enabled: true });
  });
});
