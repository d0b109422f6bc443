import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";

interface Desktop {
  id: string;
  username: string;
  workspace: string;
  state: string;
  rule: string;
  action: string;
  concern?: string;
  since?: string;
  endsAt?: string;
  endsBecause?: string;
  lastSeen?: string;
}
interface Page {
  at?: string;
  total?: number;
  counts?: Record<"states" | "workspaces" | "rules", Record<string, number>>;
  desktops: Desktop[];
  next?: string;
}

let estate: TestEstate;
const list = async (query: string) => (await estate.call<Page>("olga", "GET", `/desktops?${query}`)).body;
const shortOf = ({ username, workspace, state, concern }: Desktop) => [username, workspace, state, concern];

/** One desktop of each sort: bob's has lost its rows, alice has one that runs and one that is suspended. */
beforeAll(async () => {
  estate = await startTestEstate();
  await estate.ask("alice", "cancer-registry");
  await estate.ask("alice", "asthma-cohort");
  await estate.ask("bob", "cancer-registry");
  await estate.guacamole.query("DELETE FROM guacamole_connection WHERE connection_name = 'bob'");
});
afterAll(() => estate.close());

describe("the list of all desktops", () => {
  it("begins with the worst, and says when it was read", async () => {
    const { desktops, at, total, next } = await list("sort=worst");
    expect(desktops.map(shortOf)).toEqual([
      ["bob", "cancer-registry", "failed", "failed"],
      ["alice", "asthma-cohort", "ready", undefined],
      ["alice", "cancer-registry", "suspended", undefined],
    ]);
    expect([Date.parse(at ?? "") > 0, total, next]).toEqual([true, 3, undefined]);
  });

  it("says since when, when and why it ends, by which rule, and when its person was last seen", async () => {
    const [, ready] = (await list("sort=worst")).desktops;
    expect(ready).toMatchObject({
      action: "keep",
      rule: "start-grace",
      since: expect.any(String) as string,
      endsAt: expect.any(String) as string,
      endsBecause: expect.stringMatching(/^nobody is connected/) as string,
      lastSeen: expect.any(String) as string,
    });
    expect((await list("username=alice&state=ready")).desktops).toEqual([ready]);
  });

  it("counts each state, workspace and rule as if there were no filter by it", async () => {
    const { counts, total } = await list("sort=worst&workspace=cancer-registry&state=failed");
    expect(total).toBe(1);
    expect(counts).toEqual({
      states: { failed: 1, suspended: 1 },
      workspaces: { "cancer-registry": 1 },
      rules: expect.objectContaining({}) as object,
    });
  });

  it.each(["", "sort=worst&"])("can be narrowed to what a rule decides about (%s)", async (sort) => {
    const { desktops } = await list(`${sort}rule=not-running`);
    expect(desktops.map(shortOf)).toEqual([["alice", "cancer-registry", "suspended", undefined]]);
  });

  it("refuses a rule that there is not, and a place of the other order", async () => {
    const { next: byId = "" } = await list("limit=1");
    const { next: byRank = "" } = await list("sort=worst&limit=1");
    for (const query of ["rule=mood", "sort=best", `sort=worst&after=${byId}`, `after=${byRank}`])
      expect(await estate.call("olga", "GET", `/desktops?${query}`), query).toMatchObject({
        status: 400,
        body: { code: "malformed-parameter" },
      });
  });

  it("is for administrators only", async () => {
    expect((await estate.call("alice", "GET", "/desktops?sort=worst")).status).toBe(403);
    expect((await estate.callAsService("GET", "/desktops?sort=worst")).status).toBe(403);
  });
});
