import { app as azure } from "@azure/functions";
import type { Timer } from "@azure/functions";
import { beforeEach, expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import { gate, testApp } from "./fixture/test-app.ts";
import { parseSchedule } from "./schedule.ts";

process.env["FIXTURE_SCHEDULE"] = "0 */5 * * * *";
const app = testApp();
let fired: { at: Date; timer: Timer }[] = [];
let held: ReturnType<typeof gate> | undefined;
let clock = virtualClock();
const minutes = (count: number) => count * 60_000;

app.register(() => {
  azure.timer("every five minutes", {
    schedule: "%FIXTURE_SCHEDULE%",
    handler: async (timer) => {
      fired.push({ at: clock.now(), timer });
      await held?.pass();
    },
  });
  azure.timer("at noon", {
    schedule: "0 0 12 * * *",
    handler: () => {
      throw new Error("noon is cancelled");
    },
  });
  azure.http("hello", { handler: () => ({ body: "hello" }) });
});

beforeEach(() => {
  fired = [];
  held = undefined;
  clock = virtualClock("2026-01-05T08:01:00Z");
});

const times = () => fired.map(({ at }) => at.toISOString().slice(11, 16));

it("a timer fires at the times of its schedule, in UTC, and not before", async () => {
  const { host } = await app.start({ clock });
  await host.whenIdle();
  expect(times()).toEqual([]);
  clock.advance(minutes(3));
  await host.whenIdle();
  expect(times()).toEqual([]);
  for (const wait of [1, 5]) {
    clock.advance(minutes(wait));
    await host.whenIdle();
  }
  expect(times()).toEqual(["08:05", "08:10"]);
  expect(fired[1]?.timer).toMatchObject({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { last: "2026-01-05T08:05:00.000Z", next: "2026-01-05T08:10:00.000Z" },
  });
});

it("24. a timer that is still running is not started again; its next run is computed from its end", async () => {
  held = gate();
  const { host } = await app.start({ clock });
  clock.advance(minutes(4));
  await held.reached;
  clock.advance(minutes(11));
  expect(times()).toEqual(["08:05"]);
  held.open();
  held = undefined;
  await host.whenIdle();
  expect(times()).toEqual(["08:05"]);
  clock.advance(minutes(4));
  await host.whenIdle();
  expect(times()).toEqual(["08:05", "08:20"]);
});

it("24. a run that was missed while the host was down is made up for once, as past due", async () => {
  const store = app.storeFile();
  const first = await app.start({ clock, store });
  await first.host.close();
  clock.advance(minutes(30));
  const { host } = await app.start({ clock, store });
  await host.whenIdle();
  expect(times()).toEqual(["08:31"]);
  expect(fired[0]?.timer.isPastDue).toBe(true);
  clock.advance(minutes(4));
  await host.whenIdle();
  expect(times()).toEqual(["08:31", "08:35"]);
  expect(fired[1]?.timer.isPastDue).toBe(false);
});

it("a schedule that was changed while the host was down has no missed runs", async () => {
  const store = app.storeFile();
  const first = await app.start({ clock, store });
  await first.host.close();
  clock.advance(minutes(30));
  process.env["FIXTURE_SCHEDULE"] = "0 */7 * * * *";
  const { host } = await app.start({ clock, store });
  process.env["FIXTURE_SCHEDULE"] = "0 */5 * * * *";
  await host.whenIdle();
  expect(times()).toEqual([]);
});

it("whenIdle waits for a running timer", async () => {
  held = gate();
  const { host } = await app.start({ clock });
  clock.advance(minutes(4));
  await held.reached;
  let isIdle = false;
  const idle = host.whenIdle().then(() => {
    isIdle = true;
  });
  for (let round = 0; round < 20; round++) await new Promise(setImmediate);
  expect(isIdle).toBe(false);
  held.open();
  await idle;
});

it("trigger runs a timer now and rejects with its handler's error", async () => {
  const { host } = await app.start({ clock });
  await host.trigger("Every Five Minutes");
  expect(times()).toEqual(["08:01"]);
  await expect(host.trigger("at noon")).rejects.toThrow("noon is cancelled");
  await expect(host.trigger("hello")).rejects.toThrow("trigger hello: not a timer function");
});

it("POST /admin/functions/{name} with the master key runs a timer and returns 202 at once", async () => {
  const { host } = await app.start({ clock });
  const headers = { "x-functions-key": host.masterKey };
  const post = (name: string) => fetch(`${host.url}/admin/functions/${name}`, { method: "POST", headers, body: "{}" });
  expect((await post("every%20five%20minutes")).status).toBe(202);
  await host.whenIdle();
  expect(times()).toEqual(["08:01"]);
  expect((await post("hello")).status).toBe(400);
  expect((await post("nobody")).status).toBe(404);
});

it("the log lines are those of the real host", async () => {
  const { host, logged } = await app.start({ clock });
  await host.trigger("every five minutes");
  const lines = logged
    .filter(({ functionName }) => functionName === "every five minutes")
    .map(({ message }) => message);
  expect(lines).toEqual([
    expect.stringMatching(
      /^Executing 'Functions.every five minutes' \(Reason='Timer fired at 2026-01-05T08:01:00.000Z', Id=[0-9a-f-]{36}\)$/,
    ),
    expect.stringMatching(/^Executed 'Functions.every five minutes' \(Succeeded, Id=[0-9a-f-]{36}, Duration=\d+ms\)$/),
  ]);
});

it.each([
  ["0 */5 * * * *", "2026-01-05T08:05:00Z"],
  ["*/5 * * * *", "2026-01-05T08:05:00Z"],
  ["30 0 0 1 * *", "2026-02-01T00:00:30Z"],
  ["0 0 9 * * MON-FRI", "2026-01-05T09:00:00Z"],
  // Both must match: the next 13th that is a Friday.
  ["0 0 0 13 * FRI", "2026-02-13T00:00:00Z"],
])("the schedule %s next fires at %s", (expression, next) => {
  expect(parseSchedule(expression, "x").next(new Date("2026-01-05T08:01:00Z"))).toEqual(new Date(next));
});

it.each(["", "* * *", "00:05:00", "0 0 0 L * *", "@daily", "61 * * * * *", "0 0 0 31 2 *"])(
  'the schedule "%s" is refused',
  (expression) => {
    expect(() => parseSchedule(expression, "function x")).toThrow("parse schedule of function x");
  },
);
