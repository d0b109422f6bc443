import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";
import { closeSessions, logIn, openSession, presenceOf, realmAdministrator, subjectOf } from "./keycloak-person.ts";

/** Declares the tests of the product's life with Keycloak: everything goes over HTTP and starts in Keycloak. */
export function aDayInTheLife(settings: Readonly<Record<string, string>>): void {
  let estate: TestEstate;
  const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
  const stateOf = async (username: string) =>
    (await estate.call<Record<string, unknown>>(username, "GET", `/users/${username}/desktop`)).body;
  const asService = async (username: string) =>
    (await estate.callAsService<Record<string, unknown>>("GET", `/users/${username}/desktop`)).body;
  const endLeaves = async () => {
    await estate.host.trigger("endLeaves");
    await estate.host.whenIdle();
  };

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
    estate = await startTestEstate(undefined, settings);
  });
  afterAll(async () => {
    await estate.close();
    vi.useRealTimers();
  });

  it("a login, an activation, a session and a logout end in a suspended desktop after the grace period", async () => {
    const { body } = await estate.call<{ workspaces: { workspace: string; entitled: boolean }[] }>(
      "alice",
      "GET",
      "/users/alice/workspaces",
    );
    expect(body.workspaces.filter(({ entitled }) => entitled).map(({ workspace }) => workspace)).toEqual([
      "asthma-cohort",
      "cancer-registry",
    ]);
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    await logIn(estate, "alice", "asthma-cohort");
    await openSession(estate, "asthma-cohort", "alice");
    minutes(60);

    await estate.identity.logOut("alice");
    await estate.host.whenIdle();
    expect(await asService("alice")).toMatchObject({
      state: "in-use",
      leaving: { until: expect.any(String) as string },
    });
    minutes(14);
    await endLeaves();
    expect(await asService("alice")).toMatchObject({ state: "in-use" });
    minutes(2);
    await endLeaves();
    expect(await asService("alice")).toMatchObject({ state: "suspended" });
    expect((await viewOf(estate.guacamole, "asthma-cohort@alice")).mayOpen).toEqual([]);
  });

  it("a second login within the grace period keeps the desktop", async () => {
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    const before = await estate.world();
    await estate.identity.logOut("alice");
    await estate.host.whenIdle();
    expect((await presenceOf(estate, "alice"))?.leaving).toBeDefined();
    minutes(5);
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    expect((await presenceOf(estate, "alice"))?.leaving).toBeUndefined();
    minutes(30);
    await endLeaves();
    expect(await stateOf("alice")).toMatchObject({ state: "ready" });
    expect(await estate.world()).toEqual(before);
  });

  it("a session opened in Guacamole within the grace period keeps it, too", async () => {
    await estate.identity.logOut("alice");
    await estate.host.whenIdle();
    minutes(5);
    await openSession(estate, "asthma-cohort", "alice");
    minutes(30);
    await endLeaves();
    expect(await asService("alice")).toMatchObject({ state: "in-use" });
    expect((await presenceOf(estate, "alice"))?.leaving).toBeUndefined();
  });

  it("a logout somewhere else does not end a desktop that is in use, and the end of its session does", async () => {
    // alice has asked with a token of the command line: in which session Guacamole is used, nobody has said.
    expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
    minutes(5);
    await estate.identity.logOut("alice");
    await estate.host.whenIdle();
    expect((await presenceOf(estate, "alice"))?.leaving).toMatchObject({ unlessInUse: true });
    minutes(16);
    await endLeaves();
    expect(await asService("alice")).toMatchObject({ state: "in-use" });
    expect((await presenceOf(estate, "alice"))?.leaving).toBeUndefined();

    await estate.identity.logOut("alice");
    await closeSessions(estate, "asthma-cohort", "alice");
  });

  it("a person who is removed from the group in mid-session loses the desktop permanently", async () => {
    const empty = await estate.world();
    expect(await estate.ask("bob", "cancer-registry")).toMatchObject({ state: "done" });
    await openSession(estate, "cancer-registry", "bob");
    const administrator = await realmAdministrator(estate);
    const id = await subjectOf(estate, "bob");
    const groups = await administrator.users.listGroups({ id });
    await administrator.users.delFromGroup({ id, groupId: groups[0]?.id ?? "" });
    await estate.host.whenIdle();
    expect(await asService("bob")).toMatchObject({ state: "absent" });
    expect(await estate.world()).toEqual(empty);
    // The next token does not contain the group, so there is no way back in.
    expect((await estate.call("bob", "PUT", "/users/bob/desktop", { workspace: "cancer-registry" })).status).toBe(404);
  });

  it("everything of a deleted person is removed", async () => {
    const administrator = await realmAdministrator(estate);
    await administrator.users.del({ id: await subjectOf(estate, "alice") });
    await estate.host.whenIdle();
    expect(await asService("alice")).toMatchObject({
      state: "absent",
      reason: expect.stringContaining("identity provider") as string,
    });
    const { objects, rows } = await estate.world();
    const left = Object.keys(objects).filter(
      (name) => !/^(AnalyticsWorkspace|ConfigMap (registry|kube-root))/.test(name),
    );
    expect(left).toEqual([]);
    expect(rows.filter((row) => row.includes("alice"))).toEqual([]);
  });
}
