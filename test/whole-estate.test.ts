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

  const names = ({ desktops }: Page) => desktops.map(({ username, workspace }) => `${username} in ${workspace}`);

  it.each([
    ["username", ["alice in asthma-cohort", "alice in cancer-registry", "bob in cancer-registry"]],
    ["-username", ["bob in cancer-registry", "alice in asthma-cohort", "alice in cancer-registry"]],
    ["workspace", ["alice in asthma-cohort", "alice in cancer-registry", "bob in cancer-registry"]],
    ["-workspace", ["alice in cancer-registry", "bob in cancer-registry", "alice in asthma-cohort"]],
    ["state", ["alice in asthma-cohort", "alice in cancer-registry", "bob in cancer-registry"]],
    ["-state", ["bob in cancer-registry", "alice in cancer-registry", "alice in asthma-cohort"]],
  ])("is ordered by %s, and in pages has the same order", async (sort, expected) => {
    const all = await list(`sort=${sort}`);
    expect([names(all), all.total, all.next]).toEqual([expected, 3, undefined]);
    const first = await list(`sort=${sort}&limit=1`);
    const rest = await list(`sort=${sort}&limit=5&after=${first.next ?? ""}`);
    expect([...names(first), ...names(rest)]).toEqual(expected);
  });

  it.each(["since", "endsAt", "lastSeen"] as const)(
    "is ordered by %s, and has what is not known last",
    async (field) => {
      for (const sort of [field, `-${field}`]) {
        const values = (await list(`sort=${sort}`)).desktops.map((desktop) => desktop[field]);
        const known = values.filter((value) => value !== undefined).sort();
        expect(known).not.toEqual([]);
        const unknown = Array<undefined>(values.length - known.length).fill(undefined);
        expect(values).toEqual([...(sort === field ? known : known.reverse()), ...unknown]);
      }
    },
  );

  it("goes on in another list behind the last desktop that was shown, also if that is gone", async () => {
    const { next = "" } = await list("sort=-username&limit=1");
    expect(names(await list(`sort=-username&after=${next}&username=alice&state=suspended`))).toEqual([
      "alice in cancer-registry",
    ]);
  });

  it("says of which order a place is, if another is asked for", async () => {
    const { next = "" } = await list("sort=username&limit=1");
    for (const [query, its, asked] of [
      [`sort=-username&after=${next}`, "username", "-username"],
      [`after=${next}`, "username", "id"],
      [`sort=worst&after=${(await list("limit=1")).next ?? ""}`, "id", "worst"],
    ] as const)
      expect(await estate.call("olga", "GET", `/desktops?${query}`)).toMatchObject({
        status: 400,
        body: {
          code: "malformed-parameter",
          detail: `read after: it is a place in the list with sort=${its}, not sort=${asked} (to begin the list again, leave after out)`,
        },
      });
  });

  it("refuses a rule or an order that there is not, and a place of another order or of two", async () => {
    const { next: byId = "" } = await list("limit=1");
    const { next: byRank = "" } = await list("sort=worst&limit=1");
    const place = [0, "alice", "alice", "asthma-cohort", "1"];
    const ofTwo = Buffer.from(JSON.stringify({ username: place, workspace: place })).toString("base64url");
    const bad = ["rule=mood", "sort=best", "sort=-worst", "sort=username,since", `sort=username&after=${ofTwo}`];
    for (const query of [...bad, `sort=worst&after=${byId}`, `after=${byRank}`])
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
