import { createHmac, randomUUID } from "node:crypto";
import { systemClock } from "@stand-in/functions-host";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accepted, keycloakAdmin, startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { everything } from "./everything.ts";
import { presenceOf, realmAdministrator, subjectOf } from "./keycloak-person.ts";

const directory = { KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id, KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret };
const hours = 60 * 60_000;
let estate: TestEstate;

const start = async (settings: Record<string, string> = {}) => {
  estate = await startTestEstate(undefined, settings, systemClock);
  expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
  expect(await estate.ask("bob", "cancer-registry")).toMatchObject({ state: "done" });
};
afterEach(() => estate.close());

const eventOf = (fields: object) => ({ id: randomUUID(), time: Date.now(), realmName: "sde", ...fields });
/** Sends an event as keycloak-events does, and waits until it was acted on. */
async function tell(event: object): Promise<unknown> {
  const body = JSON.stringify(event);
  const signature = createHmac("sha256", webhookSecret).update(body).digest("hex");
  const reply = await fetch(`${estate.host.url}/api/keycloak/events`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-keycloak-signature": signature },
    body,
  });
  expect(reply.status).toBe(202);
  await estate.host.whenIdle();
  return reply.json();
}
const stateOf = async (username: string) =>
  (await estate.callAsService<{ state: string }>("GET", `/users/${username}/desktop`)).body.state;
const isLeaving = async (username: string) => (await presenceOf(estate, username))?.leaving !== undefined;

describe("what Keycloak says about everybody, with nobody to ask", () => {
  beforeEach(() => start());

  it("begins a leave of all who have a desktop when everybody is signed out, but not of who asked since", async () => {
    const signedOut = { type: "admin.REALM-ACTION", resourcePath: "logout-all", representation: "{}" };
    await tell(eventOf({ ...signedOut, time: Date.now() - 60_000 }));
    expect([await isLeaving("alice"), await isLeaving("bob")]).toEqual([false, false]);
    expect(await tell(eventOf({ ...signedOut, time: Date.now() + 1_000 }))).toMatchObject({ status: "accepted" });
    expect([await isLeaving("alice"), await isLeaving("bob")]).toEqual([true, true]);
    expect(await stateOf("alice")).toBe("ready");
  });

  it("retires what depended on a group that is gone, as far as it is known", async () => {
    const inMoment = () => Date.now() + 1_000;
    const group = { type: "admin.GROUP-UPDATE", resourcePath: "groups/g" };
    const kept = ['{"name":"registry","path":"/registry"}', '{"name":"new"}'];
    for (const representation of kept) {
      await tell(eventOf({ ...group, representation, time: inMoment() }));
      expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["ready", "ready"]);
    }
    expect(estate.log.map(({ message }) => message).join()).toContain("without KEYCLOAK_ADMIN_CLIENT nothing is done");
    const renamed = '{"name":"new","path":"/registry"}';
    await tell(eventOf({ ...group, representation: renamed, time: inMoment() }));
    expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["ready", "absent"]);
  });

  it("accepts a deletion at any age, once, and nothing else", async () => {
    const [alice, bob] = [await subjectOf(estate, "alice"), await subjectOf(estate, "bob")];
    const late = (fields: object) => eventOf({ ...fields, time: Date.now() - 3 * hours });
    const disabling = {
      type: "admin.USER-UPDATE",
      resourcePath: `users/${alice}`,
      representation: '{"enabled":false}',
    };
    const before = await everything(estate);
    for (const event of [
      disabling,
      { type: "admin.REALM-ACTION", resourcePath: "logout-all" },
      { type: "admin.GROUP-DELETE", resourcePath: "groups/g", representation: '{"name":"registry"}' },
      { type: "admin.REALM_ROLE-DELETE", resourcePath: "roles/reader" },
      { type: "access.LOGOUT", authDetails: { userId: alice } },
      { type: "access.LOGIN", authDetails: { userId: alice, clientId: "guacamole" } },
    ])
      expect(await tell(late(event))).toMatchObject({ status: "stale" });
    expect(await everything(estate)).toEqual(before);

    const deletion = late({ type: "admin.USER-DELETE", resourcePath: `users/${bob}` });
    expect(await tell(deletion)).toMatchObject({ status: "accepted" });
    expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["ready", "absent"]);
    const after = await everything(estate);
    expect(await tell(deletion)).toMatchObject({ status: "duplicate" });
    expect(await everything(estate)).toEqual(after);

    // The same while the product's clock is an hour behind Keycloak's.
    const ahead = (fields: object) => eventOf({ ...fields, time: Date.now() + hours });
    expect(await tell(ahead(disabling))).toMatchObject({ status: "stale" });
    expect(await tell(ahead({ type: "admin.USER-DELETE", resourcePath: `users/${alice}` }))).toMatchObject({
      status: "accepted",
    });
    expect(await stateOf("alice")).toBe("absent");
  });

  it("takes no username at its word that is told late: it may be somebody else's by now", async () => {
    const claims = { groups: ["/registry/readers"] };
    accepted(await estate.callAsService("PUT", "/users/dan/desktop", { workspace: "cancer-registry", claims }));
    await estate.host.whenIdle();
    const deletion = { type: "access.DELETE_ACCOUNT", authDetails: { userId: "of-an-earlier-dan", username: "dan" } };
    const late = eventOf({ ...deletion, time: Date.now() - 3 * hours });
    expect([await tell(late), await stateOf("dan")]).toMatchObject([{ status: "accepted" }, "ready"]);
    expect([await tell(eventOf(deletion)), await stateOf("dan")]).toMatchObject([{ status: "accepted" }, "absent"]);
  });

  it("counts, logs once and shows to monitoring what it does not understand, and nothing that is irrelevant", async () => {
    const health = async (username?: string) => {
      if (username === undefined) return (await fetch(`${estate.host.url}/api/health/ready`)).json();
      return (await estate.call<Record<string, unknown>>(username, "GET", "/health/ready")).body;
    };
    expect(await health("olga")).toMatchObject({ status: "ready", eventsNotUnderstood: [] });
    for (const type of ["access.LOGIN", "access.REFRESH_TOKEN", "admin.CLIENT-UPDATE", "admin.USER-CREATE", "system.x"])
      expect(await tell(eventOf({ type, authDetails: { clientId: "wiki" }, realmName: undefined }))).toEqual({
        status: "ignored",
        eventId: expect.any(String) as string,
      });
    const before = await everything(estate);
    const sent = [
      [{ type: "admin.USER-DELETE", resourcePath: "users/" }, "no-subject"],
      [
        { type: "admin.USER-DELETE", resourcePath: `users/${await subjectOf(estate, "bob")}`, realmName: "x" },
        "another-realm",
      ],
      [{ type: "admin.DESKTOP-DELETE" }, "unknown-type"],
      [{ type: "admin.USER-DELETE", time: "yesterday" }, "unreadable"],
      [{ type: "admin.DESKTOP-DELETE" }, "unknown-type"],
    ] as const;
    for (const [fields, reason] of sent)
      expect(await tell(eventOf(fields))).toMatchObject({ status: "ignored", reason });
    expect(await everything(estate)).toEqual(before);

    const told = (await health("olga")) as { eventsNotUnderstood: { type: string; reason: string; count: number }[] };
    expect(told.eventsNotUnderstood.map(({ type, reason, count }) => [type, reason, count])).toEqual([
      ["admin.DESKTOP-DELETE", "unknown-type", 2],
      ["admin.USER-DELETE", "no-subject", 1],
      ["admin.USER-DELETE", "another-realm", 1],
      ["admin.USER-DELETE", "unreadable", 1],
    ]);
    expect(Object.keys((await health()) as object)).not.toContain("eventsNotUnderstood");
    const lines = estate.log.map(({ message }) => message).filter((message) => message.includes("is not understood"));
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^an event of type admin.USER-DELETE is not understood: it does not say whom/);
  });
});

describe("what Keycloak says about everybody, with its admin API to ask", () => {
  beforeEach(() => start(directory));

  it("leaves those alone who are signed in again when everybody was signed out", async () => {
    await estate.identity.logOut("bob");
    const keycloak = await realmAdministrator(estate);
    await estate.host.whenIdle();
    const sessions = await keycloak.users.listSessions({ id: await subjectOf(estate, "alice") });
    expect(sessions).not.toEqual([]);
    await tell(eventOf({ type: "admin.REALM-ACTION", resourcePath: "logout-all", time: Date.now() + 1_000 }));
    expect([await isLeaving("alice"), await isLeaving("bob")]).toEqual([false, true]);
  });

  it("asks what each may still have when a group is moved or deleted, in time or late", async () => {
    const event = {
      type: "admin.GROUP-UPDATE",
      resourcePath: "groups/p/children",
      representation: '{"name":"readers"}',
    };
    await tell(eventOf({ ...event, time: Date.now() + 1_000 }));
    expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["ready", "ready"]);
    estate.identity.tell({});
    const keycloak = await realmAdministrator(estate);
    const id = await subjectOf(estate, "bob");
    const [group] = await keycloak.users.listGroups({ id });
    await keycloak.users.delFromGroup({ id, groupId: group?.id ?? "" });
    expect(await stateOf("bob")).toBe("ready");
    expect(await tell(eventOf({ ...event, time: Date.now() - 3 * hours }))).toMatchObject({ status: "accepted" });
    expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["ready", "absent"]);
  });

  it("does nothing that is told late and is not true any more", async () => {
    const resourcePath = `users/${await subjectOf(estate, "alice")}`;
    const late = { resourcePath, time: Date.now() - 3 * hours };
    for (const event of [
      { type: "admin.USER-UPDATE", representation: '{"enabled":false}' },
      { type: "admin.USER-DELETE" },
      {
        type: "admin.GROUP_MEMBERSHIP-DELETE",
        resourcePath: `${resourcePath}/groups/g`,
        representation: '{"path":"/asthma"}',
      },
    ])
      expect(await tell(eventOf({ ...late, ...event }))).toMatchObject({ status: "accepted" });
    expect([await stateOf("alice"), await isLeaving("alice")]).toEqual(["ready", false]);
  });
});
