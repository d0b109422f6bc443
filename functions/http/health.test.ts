import type { HttpRequest, InvocationContext } from "@azure/functions";
import { expect, it } from "vitest";
import type { Services } from "../services.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { healthRoutes } from "./health.ts";

const ready = (fault: string | null) => {
  const logged: unknown[] = [];
  const services = {
    workspaces: { known: () => Promise.resolve({ workspaces: [], bindings: [] }) },
    guacamole: { check: () => Promise.resolve(null) },
    maintenance: { read: () => Promise.resolve({}) },
    realmKeys: { fault: () => Promise.resolve(fault) },
  } as unknown as Services;
  const route = healthRoutes(services).find(({ name }) => name === "healthReady");
  const request = { method: "GET", headers: new Headers() } as HttpRequest;
  const context = { invocationId: "i", error: (line: unknown) => logged.push(line) } as unknown as InvocationContext;
  return { logged, answer: route?.answer(request, {} as TaskHub, context) };
};

it("readiness says that no token can be checked while the issuer's keys are not known, and keeps the reason for the log", async () => {
  const { answer, logged } = ready("the issuer's keys cannot be fetched: connection refused");
  const { status, body } = (await answer) ?? {};
  expect(status).toBe(503);
  expect(JSON.parse(body as string)).toEqual({
    status: "not ready",
    kubernetes: "ok",
    guacamole: "ok",
    identity: "not ready",
    reaping: "on",
    activation: "on",
  });
  expect(logged).toEqual(["identity is not ready: the issuer's keys cannot be fetched: connection refused"]);
});

it("readiness does not depend on the issuer as long as its keys are known", async () => {
  const { status } = (await ready(null).answer) ?? {};
  expect(status).toBe(200);
});
