import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bind, openWorkspace } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { openSession } from "./keycloak-person.ts";
import { bindingOf, desktopOf, partOf, remove } from "./seeded-drift.ts";

/** Rows in Guacamole's database that somebody changed by hand, or that another program wrote. */
let estate: TestEstate;
const asthma = "asthma-cohort";
beforeAll(async () => {
  estate = await startTestEstate();
  await bind(estate, "dan", asthma);
  expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
});
afterAll(() => estate.close());
beforeEach(async () => {
  await estate.guacamole.query("DELETE FROM guacamole_connection_history");
});

const query = (text: string) => estate.guacamole.query(text);
const ofAlice = "connection_name = 'alice'";
const toTheRoot = `UPDATE guacamole_connection SET parent_id = NULL WHERE ${ofAlice}`;
const retire = async () => {
  const { body } = await estate.call("olga", "DELETE", "/users/alice");
  return estate.end("olga", body);
};
const tracesOfAlice = async () => {
  const { objects, rows } = await estate.world();
  const { names } = desktopOf({ workspace: asthma, username: "alice" });
  return [
    ...Object.keys(objects).filter((name) => name.includes(names.deployment)),
    ...rows.filter((row) => row.includes("@alice") || row.endsWith(" alice")),
  ];
};

interface Listed {
  desktops: { username: string; decision?: { rule: string }; lastSession?: unknown }[];
  unanswered: string[];
}

it("a session with impossible dates hides nobody's desktops", async () => {
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  await openSession(estate, asthma, "dan");
  await query(`
    INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date, end_date)
    SELECT 'asthma-cohort@alice', connection_id, 'alice', 'infinity'::timestamptz, NULL::timestamptz FROM guacamole_connection WHERE ${ofAlice}
    UNION ALL SELECT 'nobody', NULL, 'gone', '-infinity', 'infinity'
    UNION ALL SELECT 'asthma-cohort@alice', NULL, 'alice', '294276-12-31', NULL`);
  const { status, body } = await estate.call<Listed>("olga", "GET", "/desktops");
  expect([status, body.unanswered]).toEqual([200, []]);
  const stateOf = async (username: string) =>
    (await estate.call<{ state: string }>("olga", "GET", `/users/${username}/desktop`)).body.state;
  expect([await stateOf("alice"), await stateOf("dan")]).toEqual(["in-use", "in-use"]);
  await estate.host.trigger("reapTimer").catch(() => undefined);
  await estate.host.whenIdle();
  expect(await stateOf("dan")).toBe("in-use");
});

describe("retiring a person", () => {
  it.each([
    ["whose connection was moved", [toTheRoot]],
    ["whose user lost READ on the group", ["DELETE FROM guacamole_connection_group_permission"]],
    ["whose user was deleted without its entity", ["DELETE FROM guacamole_user WHERE valid_until IS NOT NULL"]],
  ])("%s leaves nothing", async (_, changes) => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    for (const change of changes) await query(change);
    expect(await retire()).toMatchObject({ state: "done", message: "nothing of this person is left" });
    expect(await tracesOfAlice()).toEqual([]);
    // The change concerned dan's rows too.
    expect(await estate.ask("dan", null)).toMatchObject({ state: "done" });
    expect(await estate.ask("dan", asthma)).toMatchObject({ state: "done" });
  });

  it.each([
    ["a connection that was moved", toTheRoot],
    ["a user", `DELETE FROM guacamole_connection WHERE ${ofAlice}`],
  ])("of whom only %s is left leaves nothing", async (_, change) => {
    await openWorkspace(estate, "closing");
    await bind(estate, "alice", "closing");
    const desktop = desktopOf({ workspace: "closing", username: "alice" });
    expect(await estate.ask("alice", "closing")).toMatchObject({ state: "done" });
    await query(change);
    for (const part of ["deployment", "service", "networkPolicy", "secret"] as const)
      await remove(estate, partOf(part, desktop));
    await remove(estate, bindingOf(desktop));
    expect(await retire()).toMatchObject({ state: "done", message: "nothing of this person is left" });
    const { rows } = await estate.world();
    expect(rows.filter((row) => row.includes("alice"))).toEqual([]);
  });

  it("whose connection leads elsewhere now says what stays, and where to remove it", async () => {
    expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
    await query(`
      UPDATE guacamole_connection_parameter SET parameter_value = 'tools.example.org'
      WHERE parameter_name = 'hostname' AND connection_id = (SELECT connection_id FROM guacamole_connection WHERE ${ofAlice})`);
    const ended = await retire();
    expect(ended).toMatchObject({
      state: "done",
      message: expect.stringMatching(
        /^nothing of this person is left, except the connection \d+ \(alice\), which leads elsewhere; the Guacamole user asthma-cohort@alice, who holds something else: remove it in Guacamole if nobody needs it$/,
      ) as string,
    });
    await query("DELETE FROM guacamole_entity WHERE name = 'asthma-cohort@alice'");
    await query(`DELETE FROM guacamole_connection WHERE ${ofAlice}`);
  });
});

it("somebody who works in a desktop whose connection was moved stays there", async () => {
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  await openSession(estate, asthma, "alice");
  await query(toTheRoot);
  for (const timer of ["reconcileTimer", "reapTimer"]) {
    await estate.host.trigger(timer);
    await estate.host.whenIdle();
  }
  const { body } = await estate.call<{ state: string }>("alice", "GET", "/users/alice/desktop");
  expect(body.state).toBe("in-use");
});
