import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { virtualClock } from "@stand-in/functions-host";
import { deploymentName } from "../shared/desktop/names.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

interface Entry {
  username?: string;
  workspace: string;
  since: string;
  image?: string;
  operation?: string;
  admittedAt?: string;
  place?: number;
  of?: number;
  because?: string;
  expectedToSeconds?: number;
}
interface Queue {
  capacity: Record<string, number | null>;
  starting: Entry[];
  waiting: Entry[];
  images: { image: string; starts: number; failed: number; halfReadyWithinSeconds?: number; atFault?: object }[];
}

const workspace = "study";
const image = "example.org/desktop:1";
let estate: TestEstate;
const read = async () => (await estate.call<Queue>("olga", "GET", "/queue")).body;
const hold = (username: string) => {
  const deployment = deploymentName({ workspace, username });
  estate.cluster.setFault({ namespace, deployment }, "never-ready");
};

/** As many as have to wait before a time is told, and the one that does not. */
const startedOnes = 11;

/** Eleven have started one after another, one is starting, and two wait: the task hub's time stands still. */
beforeAll(async () => {
  const clock = virtualClock(new Date(), { jumps: false });
  estate = await startTestEstate(undefined, { STARTS_AT_ONCE: "1" }, clock);
  await openWorkspace(estate, workspace);
  const started = Array.from({ length: startedOnes }, (_, number) => `p${number}`);
  for (const username of [...started, "held", "next", "last"]) await bind(estate, username, workspace);
  const asked = [];
  for (const username of started) asked.push(await askFor(estate, username, workspace));
  for (const operation of asked) expect(await endOf(estate, operation)).toMatchObject({ state: "done" });
  hold("held");
  for (const username of ["held", "next", "last"]) await askFor(estate, username, workspace);
  await estate.host.whenIdle();
});
afterAll(() => estate.close());

describe("the queue", () => {
  it("shows administrators who starts and who waits, in their order", async () => {
    const { starting, waiting, capacity } = await read();
    expect(starting).toMatchObject([{ username: "held", workspace, image, admittedAt: expect.any(String) as string }]);
    expect(waiting).toMatchObject([
      { username: "next", workspace, image, place: 1, of: 2, because: "starts" },
      { username: "last", workspace, image, place: 2, of: 2, because: "starts" },
    ]);
    expect(waiting.every(({ expectedToSeconds = -1 }) => expectedToSeconds >= 0)).toBe(true);
    expect(capacity).toMatchObject({ startsAtOnce: 1, starting: 1, waiting: 2, maxDesktops: null });
    const operation = (waiting[0]?.operation ?? "").replace("/api", "");
    expect((await estate.call("olga", "GET", operation)).body).toMatchObject({ username: "next" });
  });

  it("counts the people whose desktops run, and says how long starts of each image took", async () => {
    const { capacity, images } = await read();
    expect(capacity["running"]).toBe(startedOnes + 1);
    expect(images).toMatchObject([
      { image, starts: startedOnes, failed: 0, halfReadyWithinSeconds: expect.any(Number) as number },
    ]);
    expect(images[0]?.atFault).toBeUndefined();
  });

  it("names nobody to monitoring", async () => {
    const token = await estate.identity.signToken({ realm_access: { roles: ["desktop-monitoring"] } });
    const reply = await fetch(`${estate.host.url}/api/queue`, { headers: { authorization: `Bearer ${token}` } });
    const body = (await reply.json()) as Queue;
    expect([reply.status, body.waiting.length, body.starting.length]).toEqual([200, 2, 1]);
    expect(JSON.stringify(body)).not.toMatch(/held|next|last"|operation/);
  });

  it("is for nobody else", async () => {
    expect(await estate.call("alice", "GET", "/queue")).toMatchObject({ status: 403, body: { code: "not-allowed" } });
    expect((await estate.callAsService("GET", "/queue")).status).toBe(403);
  });
});
