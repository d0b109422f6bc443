import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bind, openWorkspace } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { viewOf } from "./guacamole-rules.ts";
import { leaveDesktop } from "./operator-leftovers.ts";

interface Told {
  people: { username: string; wants: string | null; operation: string; desktops: { changes: string[] }[] }[];
}

/** The AWMS operator called the users `{workspace}@{username}`. */
describe("taking over what the operator left, with one Guacamole user per person", () => {
  let estate: TestEstate;
  beforeAll(async () => {
    estate = await startTestEstate(undefined, { GUACAMOLE_ENTITY_TEMPLATE: "{username}" });
    for (const workspace of ["left-a", "left-b"]) {
      await openWorkspace(estate, workspace);
      await bind(estate, "alice", workspace);
      await leaveDesktop(estate, { username: "alice", workspace, replicas: 1 });
    }
    await estate.guacamole.query(`
      DELETE FROM guacamole_connection_permission
      WHERE entity_id = (SELECT entity_id FROM guacamole_entity WHERE name = 'left-a@alice')`);
  });
  afterAll(() => estate.close());

  const maintain = async (query: string) =>
    (await estate.call<Told>("olga", "POST", `/maintenance/adopt${query}`)).body;

  it("of two that run, the one that could be opened under its old user goes on", async () => {
    const { people } = await maintain("?dryRun=true");
    expect(people).toMatchObject([{ username: "alice", wants: "left-b" }]);
    expect(people[0]?.desktops[1]?.changes).toEqual(
      expect.arrayContaining(["a Guacamole user is created", "the person may open it"]),
    );
  });

  it("the person sees that one, and no old user can open the other", async () => {
    const { people } = await maintain("");
    const id = people[0]?.operation.split("/").at(-1) ?? "";
    expect(await estate.end("olga", { id, state: "pending" })).toMatchObject({ state: "done" });
    expect(await viewOf(estate.guacamole, "alice")).toEqual({ sees: ["left-b/alice"], mayOpen: ["left-b/alice"] });
    expect((await viewOf(estate.guacamole, "left-a@alice")).mayOpen).toEqual([]);
  });

  it("after a suspension the old user cannot open it either", async () => {
    await estate.ask("alice", null);
    const { rows } = await estate.world();
    expect(rows.filter((row) => row.startsWith("may open") && row.includes("alice"))).toEqual([]);
  });

  it("one that a failed start leaves stopped cannot be opened by its old user", async () => {
    await estate.guacamole.query(`
      INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
      SELECT e.entity_id, c.connection_id, 'READ'
      FROM guacamole_entity e, guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
      WHERE e.name = 'left-b@alice' AND c.connection_name = 'alice' AND g.connection_group_name = 'left-b'`);
    estate.faults.beforeActivity = ({ name }) => {
      if (name === "writeConnection") throw new Error("[step-failed] the test broke it");
    };
    expect(await estate.ask("alice", "left-b")).toMatchObject({ state: "failed", leftBehind: [] });
    estate.mend();
    expect((await viewOf(estate.guacamole, "left-b@alice")).mayOpen).toEqual([]);
  });

  it("offboarding removes the person's user and the old ones", async () => {
    const { body } = await estate.call("olga", "DELETE", "/users/alice");
    expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
    const { rows } = await estate.world();
    expect(rows.filter((row) => row.includes("alice") || row.includes("left-"))).toEqual([]);
  });
});
