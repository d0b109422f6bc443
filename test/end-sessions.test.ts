import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";

const workspace = "asthma-cohort";
let estate: TestEstate;

beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

interface Run {
  id: string;
  state: string;
}

it("ending sessions is one run for all who say the same, and tells who says otherwise what runs", async () => {
  expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
  const ask = (body: object) => estate.call<Run>("olga", "POST", "/maintenance/end-sessions", body);
  const { promise: goOn, resolve } = Promise.withResolvers<undefined>();
  let counts = 0;
  estate.faults.beforeActivity = async ({ name }) => {
    if (name !== "countSessions") return;
    counts += 1;
    await goOn;
  };
  const breach = { workspace, reason: "a breach" };
  const first = await ask(breach);
  expect(first.body).not.toHaveProperty("joined");
  for (const body of [breach, { workspace }])
    expect(await ask(body)).toMatchObject({
      status: 202,
      body: { ...{ id: first.body.id, joined: true, reason: "a breach", state: "running" } },
    });
  expect(await ask({ workspace, reason: "an upgrade" })).toMatchObject({
    status: 409,
    body: {
      code: "already-running",
      detail: expect.stringMatching(
        new RegExp(`since 20.*Z, by olga with another reason: a breach \\(GET .*/${first.body.id} shows it`),
      ) as string,
      underWay: {
        run: `/api/maintenance/end-sessions/${first.body.id}`,
        startedAt: expect.stringMatching(/^20/) as string,
        ...{ by: "olga", reason: "a breach" },
      },
    },
  });
  // Whose sessions end is another run.
  expect((await ask({ username: "bob", reason: "an upgrade" })).status).toBe(202);
  resolve(undefined);
  await estate.host.whenIdle();
  estate.mend();
  expect(counts).toBe(2);
  expect((await estate.callAsService("GET", "/users/alice/desktop")).body).toMatchObject({
    reason: expect.stringContaining("a breach") as string,
  });
  // What has ended is not joined.
  const later = await ask({ workspace, reason: "an upgrade" });
  expect([later.status, later.body]).toMatchObject([202, { id: first.body.id }]);
  expect(later.body).not.toHaveProperty("joined");
  await estate.host.whenIdle();
});
