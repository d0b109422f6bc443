import { type KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DriftSurvey } from "../shared/lifecycle/drift.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { bringUp, driftSettings, dryRun, reconcile } from "./drift.ts";
import { personId } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { bindingOf, cohort, desktopOf, edit, partOf, remove, workspaceOf } from "./seeded-drift.ts";
import { everythingIn } from "./told-apart.ts";
import { endProductSessions } from "./outages.ts";

/** When drift is left as it is, and whom it is left to. */
describe("what drifted", () => {
  let estate: TestEstate;
  const people = ["p1", "p2", "p3", "p4", "p5"];
  const desktops = people.map((username) => desktopOf({ username }));
  const [p1, p2, p3, p4, p5] = desktops as [Desktop, Desktop, Desktop, Desktop, Desktop];
  type Desktop = (typeof desktops)[number];

  beforeAll(async () => {
    // The identity provider does not let us ask.
    estate = await startTestEstate(undefined, {
      ...driftSettings,
      ...usualShare,
      KEYCLOAK_ADMIN_SECRET: "not the secret of the administrator",
    });
    for (const workspace of [cohort, "other"]) await openWorkspace(estate, workspace);
    await Promise.all(people.map((username) => bringUp(estate, username, cohort)));
    await bringUp(estate, "alice", "asthma-cohort");
  });
  afterAll(() => estate.close());
  afterEach(() => {
    estate.mend();
  });
  const usualShare = { RECONCILE_SAFETY_PERCENT: "20" };

  /** A run at an administrator's word, and what came of it. */
  async function run(query = ""): Promise<DriftSurvey & { failed: unknown[] }> {
    const path = `/maintenance/reconcile?wait=10${query}`;
    const { status, body } = await estate.call<DriftSurvey & { failed: unknown[] }>("olga", "POST", path);
    expect(status).toBe(200);
    await estate.host.whenIdle();
    return body;
  }
  const stateOf = async ({ username }: Desktop) =>
    (await estate.callAsService<{ state: string }>("GET", `/users/${username}/desktop`)).body.state;
  const found = async () => (await dryRun(estate)).drifts.map(({ kind, username }) => `${kind} ${username ?? "-"}`);
  const dropPolicy = (desktop: Desktop) => remove(estate, partOf("networkPolicy", desktop));
  const havePolicies = async (...which: Desktop[]) => {
    const { objects } = await estate.world();
    return which.map(({ names }) => Object.hasOwn(objects, `NetworkPolicy ${names.networkPolicy}`));
  };

  /** Takes objects away, does something, and puts them back as they were. */
  async function without(kind: string, chosen: (name: string) => boolean, work: () => Promise<void>): Promise<void> {
    const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    const { items } = await objects.list<KubernetesObject>("xlscsde.nhs.uk/v1", kind, namespace);
    const gone = items.filter(({ metadata }) => chosen(metadata?.name ?? ""));
    for (const { metadata } of gone) await remove(estate, { ...workspaceOf(metadata?.name ?? ""), kind });
    await work();
    for (const { metadata, ...rest } of gone) {
      const { name = "", labels = {}, annotations = {} } = metadata ?? {};
      const again = { ...rest, apiVersion: "xlscsde.nhs.uk/v1", kind };
      await objects.create({ ...again, metadata: { name, namespace, labels, annotations } });
    }
  }

  /** Nothing is done, for that reason. */
  async function expectRefused(reason: RegExp): Promise<void> {
    const before = await everythingIn(estate);
    expect((await dryRun(estate)).refused).toMatch(reason);
    expect((await run()).refused).toMatch(reason);
    expect(await everythingIn(estate)).toEqual(before);
  }

  it.each([
    ["binding", "AnalyticsWorkspaceBinding"],
    ["workspace", "AnalyticsWorkspace"],
  ])("is left where there is no %s at all", async (what, kind) => {
    await without(
      kind,
      () => true,
      () => expectRefused(new RegExp(`^there are no ${what}s, but 6 desktops$`)),
    );
    expect(await found()).toEqual([]);
  });

  it("is left where more than its share would go, which is told in numbers", async () => {
    const withoutBindings = (count: number, work: () => Promise<void>) => {
      const names = desktops.slice(0, count).map((desktop) => bindingOf(desktop).metadata.name);
      return without("AnalyticsWorkspaceBinding", (name) => names.includes(name), work);
    };
    await withoutBindings(4, async () => {
      await expectRefused(/^4 of 6 desktops would be removed, and at most 3 may be at once \(20 %\); find out why/);
      const path = "/maintenance/reconcile?dryRun=true&share=100";
      const { body } = await estate.call<DriftSurvey>("olga", "POST", path);
      expect([body.refused, body.goes]).toEqual([undefined, 4]);
    });
    await withoutBindings(3, async () => {
      const { refused, goes } = await dryRun(estate);
      expect([refused, goes]).toEqual([undefined, 3]);
    });
    expect(await found()).toEqual([]);
  });

  it.each(["0", "101", "1.5", "some"])("is not looked at with the share %s", async (share) => {
    const reply = await estate.call("olga", "POST", `/maintenance/reconcile?dryRun=true&share=${share}`);
    expect([reply.status, reply.body]).toMatchObject([400, { code: "malformed-parameter" }]);
  });

  it.each(["alice", "service"])("is nobody's business but an administrator's: not %s", async (who) => {
    for (const query of ["", "?dryRun=true"]) {
      const path = `/maintenance/reconcile${query}`;
      const reply = who === "service" ? estate.callAsService("POST", path) : estate.call(who, "POST", path);
      expect((await reply).status).toBe(403);
    }
  });

  it("is left while Guacamole's database does not answer", async () => {
    await dropPolicy(p1);
    const before = await everythingIn(estate);
    await estate.guacamole.query("ALTER DATABASE guacamole CONNECTION LIMIT 0");
    await endProductSessions(estate.guacamole);
    const reply = await estate.call("olga", "POST", "/maintenance/reconcile?dryRun=true");
    expect([reply.status, reply.body]).toMatchObject([503, { code: "guacamole-unavailable" }]);
    expect(await run()).toMatchObject({ drifts: [], refused: expect.stringContaining("does not allow it") as string });
    await estate.guacamole.query("ALTER DATABASE guacamole CONNECTION LIMIT -1");
    expect(await everythingIn(estate)).toEqual(before);
    await reconcile(estate);
    expect(await havePolicies(p1)).toEqual([true]);
  });

  it("is not said to be removed by a run that was asked for otherwise", async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>();
    const surveys: object[] = [];
    estate.faults.beforeActivity = async ({ name, input }) => {
      if (name !== "surveyDrift") return;
      surveys.push(input as object);
      await goOn;
    };
    const ask = (query: string) => estate.call("olga", "POST", `/maintenance/reconcile?wait=0${query}`);
    const running = { status: 202, body: { state: "running" } };
    expect(await ask("&confirm=4")).toMatchObject(running);
    for (const query of ["&confirm=5", "&share=100", "&share=100&confirm=4"])
      expect(await ask(query)).toMatchObject({
        status: 409,
        body: {
          ...{ code: "already-running", detail: expect.stringMatching(/since 20.*Z, with confirm=4 \(/) as string },
          underWay: { run: "/api/maintenance" },
        },
      });
    for (const query of ["&confirm=4", ""]) expect(await ask(query)).toMatchObject(running);
    resolve(undefined);
    await estate.host.whenIdle();
    estate.mend();
    expect(surveys).toEqual([{ confirmed: 4 }]);
  });

  it("is put right where the identity provider does not answer, and that is told", async () => {
    await dropPolicy(p1);
    const { drifts, unanswered } = await dryRun(estate);
    expect([drifts.length, unanswered]).toEqual([1, [expect.stringContaining("Keycloak") as string]]);
    await reconcile(estate);
    expect([await havePolicies(p1), await found()]).toEqual([[true], []]);
  });

  it("is put right once by two runs at once, which are one", async () => {
    await dropPolicy(p1);
    const calls: string[] = [];
    estate.faults.beforeActivity = ({ name }) => {
      calls.push(name);
    };
    await Promise.all([estate.host.trigger("reconcileTimer"), estate.host.trigger("reconcileTimer")]);
    await estate.host.whenIdle();
    estate.mend();
    const counted = ["surveyDrift", "nominate", "repairDesktop"].map(
      (name) => calls.filter((each) => each === name).length,
    );
    expect([counted, await havePolicies(p1)]).toEqual([[1, 1, 1], [true]]);
  });

  it("and cannot be put right stops nothing else, and is put right by a later run", async () => {
    for (const desktop of [p1, p2, p3]) await dropPolicy(desktop);
    await remove(estate, partOf("deployment", p4));
    await edit(estate, { ...partOf("service", p1), spec: { selector: { "xlscsde.nhs.uk/deployment-name": "x" } } });
    estate.faults.beforeActivity = ({ name, input }) => {
      const { kind, username } = input as { kind?: string; username?: string };
      if (name === "repairDesktop" && kind === "network-policy" && username === "p1") throw new Error("no");
      if (name === "inspectDesktop" && username === "p2") throw new Error("no");
    };
    await reconcile(estate);
    estate.mend();
    expect(await havePolicies(p1, p2, p3)).toEqual([false, false, true]);
    // A removal that fails is tried again by itself (goals.test.ts); p4's did not.
    expect(await found()).toEqual(["network-policy p1", "network-policy p2"]);
    await reconcile(estate);
    expect(await found()).toEqual([]);
    expect(await havePolicies(p1, p2, p3)).toEqual([true, true, true]);
    await bringUp(estate, p4.username, cohort);
  });

  it("of one person in two workspaces is put right in one run", async () => {
    await bringUp(estate, p4.username, "other");
    const other = desktopOf({ workspace: "other", username: p4.username });
    for (const desktop of [p4, other]) await remove(estate, partOf("deployment", desktop));
    expect(await found()).toHaveLength(8);
    await reconcile(estate);
    expect(await found()).toEqual([]);
    await bringUp(estate, p4.username, cohort);
  });

  it("of a person who is just coming is left to that work", async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
    await bind(estate, "p6", cohort);
    estate.faults.beforeActivity = ({ name, input }) => {
      if (name !== "createDeployment" || !JSON.stringify(input).includes("p6")) return;
      reach(undefined);
      return goOn;
    };
    const operation = await askFor(estate, "p6", cohort);
    await reached;
    expect(await found()).toEqual([]);
    const before = await everythingIn(estate);
    await dropPolicy(p1);
    const path = "/maintenance/reconcile?wait=10";
    expect((await estate.call<DriftSurvey>("olga", "POST", path)).body.drifts).toHaveLength(1);
    await expect.poll(() => havePolicies(p1)).toEqual([true]);
    const { requests } = await everythingIn(estate);
    const own = Object.keys(requests).filter((name) => JSON.stringify(requests[name]).includes('\\"p6\\"'));
    expect(own.map((name) => requests[name])).toEqual(own.map((name) => before.requests[name]));
    resolve(undefined);
    expect(await endOf(estate, operation)).toMatchObject({ state: "done" });
    estate.mend();
    expect(await found()).toEqual([]);
  });

  it.each(["and is done", "and is not done yet"])(
    "of a person who comes between the look and the deed, %s, stays",
    async (when) => {
      await remove(estate, partOf("deployment", p1));
      let operation: Awaited<ReturnType<typeof askFor>> | undefined;
      const { promise: goOn, resolve } = Promise.withResolvers<undefined>();
      estate.faults.beforeActivity = async ({ name }) => {
        if (name === "createDeployment") await goOn;
        if (name !== "removeDesktop" || operation) return;
        operation = await askFor(estate, p1.username, cohort);
        if (when !== "and is done") return;
        resolve(undefined);
        const { id } = operation;
        const state = async () => (await estate.callAsService("GET", `/operations/${id}`)).body.state;
        await expect.poll(state, { timeout: 60_000 }).toBe("done");
      };
      await estate.host.trigger("reconcileTimer");
      await expect.poll(() => operation, { timeout: 60_000 }).toBeDefined();
      await expect
        .poll(async () => (await estate.call<Told>("olga", "GET", "/maintenance")).body.runs.reconcile?.state, {
          timeout: 60_000,
        })
        .toBe("done");
      resolve(undefined);
      await estate.host.whenIdle();
      estate.mend();
      expect(operation && (await endOf(estate, operation))).toMatchObject({ state: "done" });
      expect([await stateOf(p1), await found()]).toEqual(["ready", []]);
    },
  );
  interface Told {
    runs: { reconcile: { state: string } | null };
  }

  it("of a person who may not have it any more goes, whatever else they are busy with", async () => {
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<undefined>();
    await bind(estate, p5.username, "other");
    estate.faults.beforeActivity = ({ name }) => {
      if (name !== "createDeployment") return;
      reach(undefined);
      return goOn;
    };
    const operation = await askFor(estate, p5.username, "other");
    await reached;
    await remove(estate, bindingOf(p5));
    expect(await found()).toEqual(["entitlement-ended p5"]);
    await estate.host.trigger("reconcileTimer");
    await expect
      .poll(() => estate.log.some(({ message }) => message.includes("entitlement-ended cohort p5")))
      .toBe(true);
    resolve(undefined);
    await estate.host.whenIdle();
    estate.mend();
    expect(await endOf(estate, operation)).toMatchObject({ state: "done" });
    expect(await found()).toEqual([]);
    const { objects } = await estate.world();
    expect(Object.keys(objects).filter((name) => name.includes(p5.names.deployment))).toEqual([]);
  });

  it("goes in one run where the administrator confirms the number, and not with another", async () => {
    for (const desktop of [p1, p2, p3, p4]) await remove(estate, bindingOf(desktop));
    expect((await run()).refused).toMatch(/^4 of 7 /);
    for (const number of [0, 3, 5])
      expect((await run(`&share=100&confirm=${number}`)).refused).toMatch(
        new RegExp(`^4 of 7 desktops would be removed now, and ${number} were confirmed`),
      );
    expect(await Promise.all([p1, p2, p3, p4].map(stateOf))).toEqual(["ready", "ready", "ready", "ready"]);
    expect(await run("&confirm=4")).toMatchObject({ goes: 4, failed: [] });
    expect(await Promise.all([p1, p2, p3, p4].map(stateOf))).toEqual(["absent", "absent", "absent", "absent"]);
    expect(await found()).toEqual([]);
  });

  it("is not a desktop whose binding somebody wrote wrongly: what cannot be read may say that it is right", async () => {
    const alices = desktopOf({ username: "alice", workspace: "asthma-cohort" });
    await edit(estate, { ...bindingOf(alices), spec: { username: "" } });
    expect(await found()).toEqual([]);
    await run();
    expect(await stateOf(alices)).toBe("ready");
    await edit(estate, { ...bindingOf(alices), spec: { username: "alice" } });
    expect(await found()).toEqual([]);
  });

  it("is not the desktop of somebody whose claims are not known any more: they may be what lets them in", async () => {
    expect(await estate.ask("bob", "cancer-registry")).toMatchObject({ state: "done" });
    const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    const name = `desktop-request-${personId("bob")}`;
    await objects.delete({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } });
    expect(await found()).not.toContain("entitlement-ended bob");
    await run();
    expect(await stateOf(desktopOf({ username: "bob" }))).toBe("ready");
  });

  it("of a desktop whose request somebody deleted is put right, and the desktop runs on", async () => {
    const alices = desktopOf({ username: "alice", workspace: "asthma-cohort" });
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    const objects = KubernetesObjectApi.makeApiClient(estate.kubeconfig);
    const name = `desktop-request-${personId("alice")}`;
    await objects.delete({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } });
    await dropPolicy(alices);
    expect(await found()).toEqual(["network-policy alice"]);
    await run();
    expect(await havePolicies(alices)).toEqual([true]);
    expect(await stateOf(alices)).toBe("ready");
    expect(await found()).toEqual([]);
  });

  it("is left while the cluster does not answer", async () => {
    await estate.cluster.close();
    const reply = await estate.call("olga", "POST", "/maintenance/reconcile?dryRun=true");
    expect([reply.status, reply.body]).toMatchObject([503, { code: "cluster-unavailable" }]);
    expect(await run()).toMatchObject({ drifts: [], refused: expect.any(String) as string });
  });
});
