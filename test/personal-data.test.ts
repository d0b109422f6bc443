import { CoreV1Api, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { personId } from "../shared/desktop/names.ts";
import { instanceIdOf } from "../shared/person/work.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";

const asthma = "asthma-cohort";
const day = 86_400_000;

let estate: TestEstate;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
});
afterAll(async () => {
  vi.useRealTimers();
  await estate.close();
});
afterEach(() => {
  estate.mend();
});

async function recordOf(username: string): Promise<V1ConfigMap | undefined> {
  const { items } = await estate.kubeconfig.makeApiClient(CoreV1Api).listNamespacedConfigMap({ namespace });
  return items.find(({ metadata }) => metadata?.name === `desktop-request-${personId(username)}`);
}

const historyOf = async (username: string) => {
  const { hub = [] } = await everything(estate);
  return hub.filter((row) => row.includes(instanceIdOf(username))).join("\n");
};

async function retire(username: string): Promise<string> {
  const { body } = await estate.call("olga", "DELETE", `/users/${username}`);
  expect(await estate.end("olga", body)).toMatchObject({ state: "done" });
  return "id" in body ? body.id : "";
}

async function upkeep(): Promise<unknown> {
  await estate.host.trigger("upkeepTimer");
  await estate.host.whenIdle();
  const { body } = await estate.call<{ runs: { upkeep: { summary: unknown } } }>("olga", "GET", "/maintenance");
  return body.runs.upkeep.summary;
}

const subjectOf = async (username: string) =>
  (JSON.parse((await recordOf(username))?.data?.["request"] ?? "{}") as { subject?: string }).subject ?? "";

it("what is known of a person goes with their desktops, and their record after the retention time", async () => {
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  const subject = await subjectOf("alice");
  expect(subject).not.toBe("");
  const operation = await retire("alice");

  const record = await recordOf("alice");
  expect(JSON.parse(record?.data?.["request"] ?? "")).toMatchObject({ retire: true, claims: {} });
  expect(record?.data).not.toHaveProperty("presence");
  expect(JSON.stringify(record)).not.toContain(subject);
  expect(JSON.stringify(record?.metadata?.labels)).not.toContain("xlscsde.nhs.uk/subject");

  expect(await historyOf("alice")).toContain(subject);
  expect(await upkeep()).toMatchObject({ forgotten: 0, failed: [] });
  expect(await historyOf("alice")).not.toContain(subject);
  expect((await estate.call("olga", "GET", `/operations/${operation}`)).body).toMatchObject({ state: "done" });

  vi.setSystemTime(Date.now() + 31 * day);
  expect(await upkeep()).toMatchObject({ forgotten: 1, failed: [] });
  expect(await recordOf("alice")).toBeUndefined();
  expect(await upkeep()).toMatchObject({ forgotten: 0, failed: [] });
  expect(await estate.call("olga", "GET", `/operations/${operation}`)).toMatchObject({
    status: 404,
    body: { code: "not-found", detail: "read operation: there is none with this id for this caller" },
  });
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
});

it("the record of a person who has a desktop stays, running or suspended", async () => {
  expect(await estate.ask("alice", asthma)).toMatchObject({ state: "done" });
  for (const workspace of [asthma, null]) {
    expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
    vi.setSystemTime(Date.now() + 31 * day);
    expect(await upkeep()).toMatchObject({ forgotten: 0 });
    expect(await recordOf("alice")).toBeDefined();
  }
});
