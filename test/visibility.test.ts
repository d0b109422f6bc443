import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askFor, bind, endOf } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { type View, viewOf } from "./guacamole-rules.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";
const nothing: View = { sees: [], mayOpen: [] };
const only = (connection: string): View => ({ sees: [connection], mayOpen: [connection] });

let estate: TestEstate;
let afterwards = (): Promise<void> => Promise.resolve();

beforeAll(async () => {
  estate = await startTestEstate();
  await bind(estate, "dora", asthma);
  expect(await endOf(estate, await askFor(estate, "dora", asthma))).toMatchObject({ state: "done" });
});
afterAll(() => estate.close());

/** The Guacamole users to check: the person's two, a colleague in the first workspace, and a stranger. */
const everyone = {
  inAsthma: `${asthma}@alice`,
  inRegistry: `${registry}@alice`,
  colleague: `${asthma}@dora`,
  stranger: `${asthma}@carol`,
};

const transitions: {
  when: string;
  ask?: string | null;
  /** What else is done to alice's desktop; it may set `afterwards` to undo it. */
  also?: () => Promise<unknown>;
  alice: { inAsthma: View; inRegistry: View };
}[] = [
  { when: "never asked for", alice: { inAsthma: nothing, inRegistry: nothing } },
  { when: "ready", ask: asthma, alice: { inAsthma: only(`${asthma}/alice`), inRegistry: nothing } },
  { when: "switched away from", ask: registry, alice: { inAsthma: nothing, inRegistry: only(`${registry}/alice`) } },
  { when: "switched back to", ask: asthma, alice: { inAsthma: only(`${asthma}/alice`), inRegistry: nothing } },
  { when: "suspended", ask: null, alice: { inAsthma: nothing, inRegistry: nothing } },
  {
    when: "starting in one workspace while that in another runs",
    also: async () => {
      await estate.ask("alice", registry);
      const { promise: reached, resolve } = Promise.withResolvers<undefined>();
      const { promise: freed, resolve: free } = Promise.withResolvers<undefined>();
      estate.faults.afterActivity = ({ name }) => {
        if (name !== "waitReady") return;
        resolve(undefined);
        return freed;
      };
      const { body } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: asthma });
      await reached;
      afterwards = async () => {
        estate.faults.beforeActivity = ({ name }) => {
          if (name === "writeConnection") throw new Error("[step-failed] the test broke it");
        };
        free(undefined);
        expect(await estate.end("alice", body)).toMatchObject({ state: "failed" });
        estate.mend();
      };
    },
    alice: { inAsthma: nothing, inRegistry: only(`${registry}/alice`) },
  },
  { when: "failed while that in another runs", alice: { inAsthma: nothing, inRegistry: only(`${registry}/alice`) } },
  { when: "asked for again", ask: asthma, alice: { inAsthma: only(`${asthma}/alice`), inRegistry: nothing } },
  {
    when: "retired",
    also: async () => estate.end("olga", (await estate.call("olga", "DELETE", "/users/alice")).body),
    alice: { inAsthma: nothing, inRegistry: nothing },
  },
  { when: "created again", ask: asthma, alice: { inAsthma: only(`${asthma}/alice`), inRegistry: nothing } },
];

describe("only the person sees and may open the connection", () => {
  it.each(transitions)("of a desktop that is $when", async ({ ask, also, alice }) => {
    if (ask !== undefined) expect(await estate.ask("alice", ask)).toMatchObject({ state: "done" });
    await also?.();
    const views: Record<string, View> = {};
    for (const [who, entity] of Object.entries(everyone)) views[who] = await viewOf(estate.guacamole, entity);
    expect(views).toEqual({ ...alice, colleague: only(`${asthma}/dora`), stranger: nothing });
    await afterwards();
    afterwards = () => Promise.resolve();
  });

  it("the rules detect a connection without its group, and permissions through a user group", async () => {
    const { guacamole } = estate;
    await guacamole.query("BEGIN");
    try {
      await guacamole.query(`
        INSERT INTO guacamole_entity (name, type) VALUES ('readers', 'USER_GROUP'), ('asthma-cohort@carol', 'USER');
        INSERT INTO guacamole_user_group (entity_id) SELECT entity_id FROM guacamole_entity WHERE name = 'readers';
        INSERT INTO guacamole_user_group_member (user_group_id, member_entity_id)
        SELECT user_group_id, e.entity_id
        FROM guacamole_user_group CROSS JOIN guacamole_entity e
        WHERE e.name = 'asthma-cohort@carol';
        INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
        SELECT e.entity_id, c.connection_id, 'READ'
        FROM guacamole_entity e CROSS JOIN guacamole_connection c
        WHERE e.name = 'readers' AND c.connection_name = 'dora'`);
      expect(await viewOf(guacamole, everyone.stranger)).toEqual({ sees: [], mayOpen: [`${asthma}/dora`] });
      await guacamole.query(`UPDATE guacamole_connection_group SET type = 'BALANCING'`);
      const balanced = await viewOf(guacamole, everyone.inAsthma);
      expect(balanced.mayOpen).toEqual([`${asthma}/alice`, `${asthma}/dora`]);
    } finally {
      await guacamole.query("ROLLBACK");
    }
  });
});
