import { instanceIdOf } from "../shared/person/work.ts";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { virtualClock } from "@stand-in/functions-host";
import { personId } from "../shared/desktop/names.ts";
import { clusterOf } from "../shared/kubernetes/cluster.ts";
import { personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, virtualClock(new Date()));
  // The task hub's time stands still, so that to the product everything in it is a day old from now on.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
});
afterAll(async () => {
  vi.useRealTimers();
  await estate.close();
});

it("a person's orchestration whose messages were lost is replaced by the wake timer, and finishes", async () => {
  const put = () => estate.call("bob", "PUT", "/users/bob/desktop", { workspace: "cancer-registry" });
  estate.faults.loseMessages = (instanceId) => instanceId === instanceIdOf("bob");
  const { body } = await put();
  await estate.host.whenIdle();
  expect(body).toMatchObject({ state: "pending" });
  expect((await put()).body).toMatchObject({ state: "pending", id: (body as { id: string }).id });
  delete estate.faults.loseMessages;

  await estate.host.trigger("wakeForgotten");
  const record = await personRecordsIn(clusterOf(estate.kubeconfig), namespace).read(personId("bob"));
  expect(record?.work?.generation).toBe(1);
  expect(await estate.end("bob", body)).toMatchObject({ state: "done" });
});

it("a person's orchestration that the task hub has lost, and cannot end either, goes on in another instance", async () => {
  estate.faults.loseMessages = (instanceId) => instanceId === instanceIdOf("alice");
  const { body } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: "asthma-cohort" });
  await estate.host.whenIdle();
  await estate.host.trigger("wakeForgotten");
  const record = await personRecordsIn(clusterOf(estate.kubeconfig), namespace).read(personId("alice"));
  expect(record?.work).toMatchObject({ generation: 1, instance: `${instanceIdOf("alice")}-1` });
  expect(await estate.end("alice", body)).toMatchObject({ state: "done" });

  // Whatever is asked for next is done there, too; and the lost one does nothing when it comes to life.
  delete estate.faults.loseMessages;
  expect(await estate.ask("alice", null)).toMatchObject({ state: "done" });
  await estate.host.whenIdle();
  expect((await estate.world()).rows.filter((row) => row.startsWith("may open"))).toHaveLength(1);
});

it("a run that the task hub has lost, and cannot end either, is done in another instance", async () => {
  estate.faults.loseMessages = (instanceId) => instanceId === "reap";
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
  await estate.host.trigger("reapTimer");
  await estate.host.whenIdle();
  const { body } = await estate.call<{ runs: { reap: { state: string } } }>("olga", "GET", "/maintenance");
  expect(body.runs.reap.state).toBe("done");
  delete estate.faults.loseMessages;
});
