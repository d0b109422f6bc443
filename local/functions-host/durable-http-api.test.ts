import * as df from "durable-functions";
import { beforeEach, expect, it } from "vitest";
import { virtualClock } from "./clock.ts";
import { testApp } from "./fixture/test-app.ts";
import type { Started } from "./fixture/test-app.ts";

const app = testApp();
app.activity("pass", (input): unknown => input);
app.orchestration("returns", function* (context) {
  yield context.df.callActivity("pass", {});
  return context.df.getInput();
});
app.orchestration("throws", function* (context) {
  yield context.df.callActivity("pass", {});
  throw new Error("on purpose");
});
app.orchestration("waits", function* (context) {
  yield context.df.waitForExternalEvent("go");
});

let started: Started;
/** Five instances, one minute apart: a1 and a2 completed, b1 and b2 failed, c1 still running. */
const minute = (count: number) => new Date(Date.parse("2026-01-05T08:00:00Z") + count * 60_000);
beforeEach(async () => {
  const fresh = virtualClock("2026-01-05T08:00:00Z");
  started = await app.start({ clock: fresh });
  const names = { a: "returns", b: "throws", c: "waits" };
  for (const id of ["a1", "a2", "b1", "b2", "c1"]) {
    await started.client.startNew(names[id.charAt(0) as keyof typeof names], { instanceId: id, input: { id } });
    await started.host.whenIdle();
    fresh.advance(60_000);
  }
});

const idsOf = (statuses: { instanceId: string }[]) => statuses.map(({ instanceId }) => instanceId);
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${started.host.durableUrl}/${path}`, { headers });

it("the real client lists by status and by time of creation", async () => {
  const { client } = started;
  const { Completed, Failed } = df.OrchestrationRuntimeStatus;
  expect(idsOf(await client.getStatusAll())).toEqual(["a1", "a2", "b1", "b2", "c1"]);
  expect(idsOf(await client.getStatusBy({ runtimeStatus: [Completed] }))).toEqual(["a1", "a2"]);
  expect(idsOf(await client.getStatusBy({ runtimeStatus: [Completed, Failed] }))).toEqual(["a1", "a2", "b1", "b2"]);
  expect(idsOf(await client.getStatusBy({ createdTimeFrom: minute(1), createdTimeTo: minute(3) }))).toEqual([
    "a2",
    "b1",
    "b2",
  ]);
});

it("a list has pages, each with a token for the next", async () => {
  const pages: string[][] = [];
  let token: string | null = "";
  do {
    const response = await get("instances/?top=2", token ? { "x-ms-continuation-token": token } : {});
    pages.push(idsOf((await response.json()) as { instanceId: string }[]));
    token = response.headers.get("x-ms-continuation-token");
  } while (token);
  expect(pages).toEqual([["a1", "a2"], ["b1", "b2"], ["c1"]]);
});

it("the client follows the pages of a long list", async () => {
  for (let number = 0; number < 120; number++) {
    await started.client.startNew("waits", { instanceId: `many-${number}`, input: {} });
  }
  expect(await started.client.getStatusAll()).toHaveLength(125);
});

it("a list can be filtered by a prefix of the ids; an invalid filter is refused", async () => {
  expect(idsOf((await (await get("instances/?instanceIdPrefix=b")).json()) as { instanceId: string }[])).toEqual([
    "b1",
    "b2",
  ]);
  expect((await get("instances/?createdTimeFrom=yesterday")).status).toBe(400);
  expect((await get("instances/?top=none")).status).toBe(400);
});

it("a purge by filter needs a start time, spares running instances, and returns the number of purged ones", async () => {
  const remove = (query: string) => fetch(`${started.host.durableUrl}/instances/?${query}`, { method: "DELETE" });
  expect((await remove("runtimeStatus=Completed")).status).toBe(400);
  const { client } = started;
  const failed = { createdTimeFrom: minute(0), runtimeStatus: [df.OrchestrationRuntimeStatus.Failed] };
  expect(await client.purgeInstanceHistoryBy(failed)).toMatchObject({ instancesDeleted: 2 });
  expect(await client.purgeInstanceHistoryBy(failed)).toMatchObject({ instancesDeleted: 0 });
  expect(await client.purgeInstanceHistoryBy({ createdTimeFrom: minute(0) })).toMatchObject({ instancesDeleted: 2 });
  expect(idsOf(await client.getStatusAll())).toEqual(["c1"]);
});

it("a status is 202 while the instance is running, 200 afterwards, and for a failure 500 only on request", async () => {
  expect((await get("instances/c1")).status).toBe(202);
  expect((await get("instances/a1")).status).toBe(200);
  expect((await get("instances/b1")).status).toBe(200);
  expect((await get("instances/b1?returnInternalServerErrorOnFailure=true")).status).toBe(500);
  expect((await get("instances/nobody")).status).toBe(404);
});

it("a status has the fields and the time format that the client expects", async () => {
  expect(await (await get("instances/a1")).json()).toEqual({
    name: "returns",
    instanceId: "a1",
    runtimeStatus: "Completed",
    input: { id: "a1" },
    customStatus: null,
    output: { id: "a1" },
    createdTime: "2026-01-05T08:00:00Z",
    lastUpdatedTime: "2026-01-05T08:00:00Z",
  });
  expect(await (await get("instances/a1?showInput=false")).json()).toMatchObject({ input: null });
});

it("the history is included on request, and its values on a separate request", async () => {
  const history = async (query: string) =>
    ((await (await get(`instances/a1?${query}`)).json()) as { historyEvents: unknown[] }).historyEvents;
  expect(await history("showHistory=true")).toMatchObject([
    { EventType: "ExecutionStarted", FunctionName: "returns" },
    { EventType: "TaskCompleted", FunctionName: "pass" },
    { EventType: "ExecutionCompleted", OrchestrationStatus: "Completed" },
  ]);
  expect(JSON.stringify(await history("showHistory=true"))).not.toContain("a1");
  expect(JSON.stringify(await history("showHistory=true&showHistoryOutput=true"))).toContain("a1");
});

it("the webhooks need the system key that a start returns; the loopback address does not", async () => {
  const { client, host } = started;
  const { statusQueryGetUri } = client.createHttpManagementPayload("a1");
  expect((await fetch(statusQueryGetUri)).status).toBe(200);
  for (const code of ["", "?code=", "?code=wrong"]) {
    expect((await fetch(`${host.url}/runtime/webhooks/durabletask/instances/a1${code}`)).status).toBe(401);
  }
});

it("a start returns where and when to poll for the status", async () => {
  const response = await fetch(`${started.host.durableUrl}/orchestrators/returns/new`, {
    method: "POST",
    body: "{}",
  });
  expect(response.status).toBe(202);
  const body = (await response.json()) as Record<string, string>;
  expect(body["id"]).toBe("new");
  expect(response.headers.get("location")).toBe(body["statusQueryGetUri"]);
  expect(response.headers.get("retry-after")).toBe("10");
});

it.each(["orchestrators/returns?timeout=30", "instances/a1/restart"])(
  "%s is refused with an explanation",
  async (path) => {
    const response = await fetch(`${started.host.durableUrl}/${path}`, { method: "POST", body: "{}" });
    expect(response.status).toBe(501);
    expect(await response.json()).toEqual({
      Message: expect.stringContaining("is not supported by the local host") as string,
    });
  },
);

it("a rewind is accepted for an instance that failed and changes nothing", async () => {
  const rewind = (id: string) =>
    fetch(`${started.host.durableUrl}/instances/${id}/rewind?reason=x`, { method: "POST" });
  expect((await rewind("b1")).status).toBe(202);
  expect((await rewind("a1")).status).toBe(410);
  expect((await rewind("nobody")).status).toBe(404);
  await started.host.whenIdle();
  expect((await started.client.getStatus("b1")).runtimeStatus).toBe("Failed");
});

it("entities are refused with an explanation", async () => {
  await expect(started.client.signalEntity(new df.EntityId("a", "b"), "add")).rejects.toThrow(
    "entities are not supported",
  );
});
