import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ToldOperation } from "../local/main-job.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

/**
 * Measured on Guacamole 1.6.0 (November 2026): a browser that is signed in as `old@person` reads "The requested connection
 * does not exist" behind the new link, in old and new tabs; after logging out, the link signs in under the new name and opens.
 */
const asthma = "asthma-cohort";
const registry = "cancer-registry";
const path = "/users/alice/desktop";
type Told = ToldOperation & { signInAgain?: object };
const home = "http://127.0.0.1:8080/guacamole/";
const switched = (from: string, to: string) => ({
  reason: `a browser that is signed in to Guacamole as ${from}@alice does not see this desktop: log out of Guacamole there (its menu, Logout) and sign in again, as ${to}@alice`,
  from: `${from}@alice`,
  to: `${to}@alice`,
  logout: home,
});

let estate: TestEstate;
afterAll(() => estate.close());
const ask = async (workspace: string): Promise<Told> => estate.ask("alice", workspace);
const shown = async () => (await estate.call<Told>("alice", "GET", path)).body.signInAgain;

describe("with a user per desktop, what a switch means for a browser", () => {
  beforeAll(async () => {
    estate = await startTestEstate();
  });

  it("is not said of the first desktop", async () => {
    expect((await ask(asthma)).signInAgain).toBeUndefined();
    expect(await shown()).toBeUndefined();
  });

  it("is said from the first answer on, and again whenever somebody asks about the switch", async () => {
    const { status, body } = await estate.call<Told>("alice", "PUT", path, { workspace: registry });
    expect([status, body.signInAgain]).toEqual([202, switched(asthma, registry)]);
    expect(((await estate.end("alice", body)) as Told).signInAgain).toEqual(switched(asthma, registry));
    const again = await estate.call<Told>("alice", "PUT", path, { workspace: registry });
    expect([again.status, again.body.id, again.body.signInAgain]).toEqual([200, body.id, switched(asthma, registry)]);
    expect(await shown()).toEqual(switched(asthma, registry));
    expect(body).not.toHaveProperty("switchedFrom");
  });

  it("is said although the previous desktop was suspended in between: the browser may still be signed in", async () => {
    await estate.ask("alice", null);
    expect(await shown()).toBeUndefined();
    expect((await ask(asthma)).signInAgain).toEqual(switched(registry, asthma));
  });

  it("is not said when the same desktop is resumed", async () => {
    await estate.ask("alice", null);
    expect((await ask(asthma)).signInAgain).toBeUndefined();
  });

  it("is not said of a switch that fails", async () => {
    estate.faults.beforeActivity = ({ name }) => {
      if (name === "writeConnection") throw new Error("[step-failed] the test broke it");
    };
    const failed = await ask(registry);
    estate.mend();
    expect([failed.state, failed.signInAgain]).toEqual(["failed", undefined]);
    expect((await ask(asthma)).signInAgain).toBeUndefined();
    await estate.close();
  });
});

describe("with one user per person", () => {
  beforeAll(async () => {
    estate = await startTestEstate(undefined, { GUACAMOLE_ENTITY_TEMPLATE: "{username}" });
  });

  it("a browser that is signed in sees the new desktop: nothing is said", async () => {
    await ask(asthma);
    const { body } = await estate.call<Told>("alice", "PUT", path, { workspace: registry });
    expect(body.signInAgain).toBeUndefined();
    expect(((await estate.end("alice", body)) as Told).signInAgain).toBeUndefined();
    expect(await shown()).toBeUndefined();
  });

  it("a person whose name is that of an administrator of Guacamole gets no desktop, and that account stays as it is", async () => {
    await estate.guacamole.query(`
      WITH admin AS (INSERT INTO guacamole_entity (name, type) VALUES ('bob', 'USER') RETURNING entity_id),
        account AS (
          INSERT INTO guacamole_user (entity_id, password_hash, password_date)
          SELECT entity_id, sha256('x'), CURRENT_TIMESTAMP FROM admin
        )
      INSERT INTO guacamole_system_permission SELECT entity_id, 'ADMINISTER' FROM admin`);
    const before = await estate.world();
    const asked = await estate.call<Told>("bob", "PUT", "/users/bob/desktop", { workspace: registry });
    expect(await estate.end("bob", asked.body)).toMatchObject({
      state: "failed",
      code: "not-ours",
      reason: expect.stringContaining("the Guacamole user bob has system permissions") as string,
    });
    expect(await estate.world()).toEqual(before);
  });
});
