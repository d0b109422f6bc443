import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { openedByHome, type View, viewOf } from "./guacamole-rules.ts";
import { leaveDesktop } from "./operator-leftovers.ts";

const asthma = "asthma-cohort";
const registry = "cancer-registry";
const left = "left-by-the-operator";
const nothing: View = { sees: [], mayOpen: [] };
const only = (connection: string): View => ({ sees: [connection], mayOpen: [connection] });

let estate: TestEstate;
let afterwards = (): Promise<void> => Promise.resolve();

const transitions: {
  when: string;
  ask?: string | null;
  /** What else is done to alice's desktop; it may set `afterwards` to undo it. */
  also?: () => Promise<unknown>;
  /** The workspace whose desktop alice can open then, the only one. */
  opens: string | null;
}[] = [
  { when: "never asked for", opens: null },
  { when: "new", ask: asthma, opens: asthma },
  { when: "suspended", ask: null, opens: null },
  { when: "resumed", ask: asthma, opens: asthma },
  { when: "in another workspace, after a switch", ask: registry, opens: registry },
  {
    when: "kept while the one in the other workspace is retired",
    also: () => retireIn(asthma),
    opens: registry,
  },
  { when: "switched back to, created again", ask: asthma, opens: asthma },
  { when: "suspended again", ask: null, opens: null },
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
    opens: registry,
  },
  { when: "failed while that in another runs", opens: registry },
  {
    when: "failed in its last step while that in another runs",
    also: async () => {
      estate.faults.afterActivity = ({ name }) => {
        if (name === "recordActive") throw new Error("[step-failed] the test broke it");
      };
      expect(await estate.ask("alice", asthma)).toMatchObject({ state: "failed", leftBehind: [] });
      estate.mend();
    },
    opens: registry,
  },
  { when: "asked for again", ask: asthma, opens: asthma },
  {
    when: "retired",
    also: async () => estate.end("olga", (await estate.call("olga", "DELETE", "/users/alice")).body),
    opens: null,
  },
  { when: "adopted", also: adopt, opens: left },
  { when: "created again, and the adopted one suspended", ask: asthma, opens: asthma },
];

/** The templates of the names, and the users that they make of alice. */
const templates = [
  ["{workspace}@{username}", (workspace: string, username: string) => `${workspace}@${username}`],
  ["{username}", (_workspace: string, username: string) => username],
] as const;

describe.each(templates)(
  "under the template %s, only the person sees and may open the connection",
  (template, user) => {
    beforeAll(async () => {
      estate = await startTestEstate(undefined, { GUACAMOLE_ENTITY_TEMPLATE: template });
      await bind(estate, "dora", asthma);
      expect(await endOf(estate, await askFor(estate, "dora", asthma))).toMatchObject({ state: "done" });
    });
    afterAll(() => estate.close());

    it.each(transitions)("of a desktop that is $when", async ({ ask, also, opens }) => {
      if (ask !== undefined) expect(await estate.ask("alice", ask)).toMatchObject({ state: "done" });
      await also?.();
      const expected = opens === null ? nothing : only(`${opens}/alice`);
      for (const workspace of [asthma, registry, left]) {
        const view = await viewOf(estate.guacamole, user(workspace, "alice"));
        const signedIn = opens !== null && user(opens, "alice") === user(workspace, "alice");
        expect(view, workspace).toEqual(signedIn ? expected : nothing);
        // Somebody who was not signed in to Guacamole ends at Home.
        expect(openedByHome(view), workspace).toBe(signedIn ? `${opens}/alice` : null);
      }
      expect(await viewOf(estate.guacamole, user(asthma, "dora"))).toEqual(only(`${asthma}/dora`));
      expect(await viewOf(estate.guacamole, user(asthma, "carol"))).toEqual(nothing);
      await afterwards();
      afterwards = () => Promise.resolve();
    });

    it("the rules detect a connection without its group, and permissions through a user group", async () => {
      const { guacamole } = estate;
      const stranger = user(asthma, "carol");
      await guacamole.query("BEGIN");
      try {
        await guacamole.query(`
        INSERT INTO guacamole_entity (name, type) VALUES ('readers', 'USER_GROUP'), ('${stranger}', 'USER');
        INSERT INTO guacamole_user_group (entity_id) SELECT entity_id FROM guacamole_entity WHERE name = 'readers';
        INSERT INTO guacamole_user_group_member (user_group_id, member_entity_id)
        SELECT user_group_id, e.entity_id
        FROM guacamole_user_group CROSS JOIN guacamole_entity e
        WHERE e.name = '${stranger}';
        INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
        SELECT e.entity_id, c.connection_id, 'READ'
        FROM guacamole_entity e CROSS JOIN guacamole_connection c
        WHERE e.name = 'readers' AND c.connection_name = 'dora'`);
        const unseen = await viewOf(guacamole, stranger);
        expect(unseen).toEqual({ sees: [], mayOpen: [`${asthma}/dora`] });
        expect(openedByHome(unseen)).toBeNull();
        await guacamole.query(`UPDATE guacamole_connection_group SET type = 'BALANCING'`);
        const balanced = await viewOf(guacamole, user(asthma, "alice"));
        expect(balanced.mayOpen).toEqual([`${asthma}/alice`, `${asthma}/dora`]);
      } finally {
        await guacamole.query("ROLLBACK");
      }
    });
  },
);

/** Retires alice's desktop in one workspace, as an administrator. */
async function retireIn(workspace: string): Promise<void> {
  const { body } = await estate.call<{ desktops: { id: string; workspace: string; username: string }[] }>(
    "olga",
    "GET",
    "/desktops",
  );
  const id = body.desktops.find((each) => each.workspace === workspace && each.username === "alice")?.id ?? "";
  const { body: operation } = await estate.call("olga", "POST", `/desktops/${id}/retire`, { reason: "a test" });
  expect(await estate.end("olga", operation)).toMatchObject({ state: "done" });
}

/** A desktop that the AWMS operator left running, whose user it called `{workspace}@{username}`: alice's start adopts it. */
async function adopt(): Promise<void> {
  await openWorkspace(estate, left);
  await bind(estate, "alice", left);
  await leaveDesktop(estate, { username: "alice", workspace: left, replicas: 1 });
  expect(await estate.ask("alice", left)).toMatchObject({ state: "done" });
}
