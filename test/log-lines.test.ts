import { createHmac, randomUUID } from "node:crypto";
import { CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accepted, namespace, startTestEstate, type TestEstate, webhookSecret } from "./estate.ts";
import { exchange } from "./raw-http.ts";

/** Signs that end a line, steer a terminal or turn the reading direction, and an entry that nobody wrote. */
const forged = "a\nb\r\nc\u2028d\u2029e\u0085f\u001b[31mg\u009b1Ah\u202ei\u0000 granted access to mallory";
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u;

let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate();
  expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
});
afterAll(() => estate.close());

const userLines = () => estate.log.filter(({ category }) => category.endsWith(".User"));

/** Expects that each line that a function's call leaves is one. */
function expectLines(): void {
  const lines = estate.log.filter(({ category }) => category.startsWith("Function.")).map(({ message }) => message);
  expect(lines.filter((line) => unprintable.test(line))).toEqual([]);
}

/** The same, and that some of what was sent is in them. */
function expectOneLineEach(what: string): void {
  expectLines();
  expect([what, userLines().some(({ message }) => message.includes("mallory"))]).toEqual([what, true]);
  estate.log.length = 0;
}

async function runTimers(): Promise<void> {
  for (const timer of ["wakeForgotten", "reapTimer", "reconcileTimer", "upkeepTimer", "followScaling", "endLeaves"]) {
    await estate.host.trigger(timer);
    await estate.host.whenIdle();
  }
}

it("what an event of Keycloak says is one line of the log", async () => {
  const events = [
    { type: forged },
    { type: "admin.USER-DELETE", resourcePath: forged, realmName: forged },
    {
      id: forged,
      type: "access.LOGIN",
      time: 0,
      authDetails: { userId: forged, username: forged, clientId: "guacamole" },
    },
  ];
  for (const event of events) {
    const body = JSON.stringify({ id: randomUUID(), time: Date.now(), realmName: "sde", ...event });
    const signature = createHmac("sha256", webhookSecret).update(body).digest("hex");
    const headers = { "content-type": "application/json", "x-keycloak-signature": signature };
    await fetch(`${estate.host.url}/api/keycloak/events`, { method: "POST", headers, body });
  }
  await estate.host.whenIdle();
  expectOneLineEach("events");
});

it("what a path, a query, a header and a body say is one line of the log", async () => {
  const text = encodeURIComponent(forged.replace("\u0000", ""));
  await estate.callAsService("PUT", `/users/${text}/desktop?${text}=${text}`, { workspace: forged });
  await estate.callAsService("GET", `/desktops/${text}?after=${text}`);
  await estate.callAsService("POST", `/users/alice/workspaces`, { claims: { [forged]: forged } });
  const port = Number(new URL(estate.host.url).port);
  const headers = `traceparent: \u001b[31m\tb\r\nx-request-id: \u001b[31mx\r\ncookie: \u009b\r\nConnection: close`;
  await exchange(port, `GET /api/users/${text}/desktop HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
  expectLines();
});

it("what the cluster's objects say is one line of the log", async () => {
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  const custom = estate.kubeconfig.makeApiClient(CustomObjectsApi);
  const { items } = await core.listNamespacedConfigMap({ namespace });
  const record = items.find(({ metadata }) => metadata?.name?.startsWith("desktop-request-"));
  const name = record?.metadata?.name ?? "";
  const write = (data: Record<string, string>) =>
    core.replaceNamespacedConfigMap({
      name,
      namespace,
      body: { metadata: { name, labels: record?.metadata?.labels ?? {} }, data },
    });
  const request = JSON.parse(record?.data?.["request"] ?? "{}") as object;
  await write({ ...record?.data, request: JSON.stringify({ ...request, claims: { [forged]: 1 }, workspace: 1 }) });
  await custom.createNamespacedCustomObject({
    ...{ group: "xlscsde.nhs.uk", version: "v1", namespace, plural: "analyticsworkspacebindings" },
    body: {
      ...{ apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" },
      metadata: { name: "forged", labels: {} },
      spec: { workspace: "asthma-cohort", username: forged, replicas: 1, expires: "2099-12-31" },
    },
  });
  await runTimers();
  await fetch(`${estate.host.url}/api/health/ready`);
  expectLines();
  estate.log.length = 0;
  await write(record?.data ?? {});
});

it("what a system that fails says is one line of the log, and so is an error that nobody expected", async () => {
  estate.faults.beforeActivity = () => {
    throw new Error(forged);
  };
  accepted(await estate.callAsService("DELETE", "/users/alice/desktop"));
  await runTimers();
  estate.mend();
  // The host's own lines quote what a fault of the test threw; ours are those of category User.
  expect(userLines().filter(({ message }) => unprintable.test(message))).toEqual([]);
});
