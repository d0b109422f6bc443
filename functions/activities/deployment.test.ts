import { expect, it } from "vitest";
import { personId } from "../../shared/desktop/names.ts";
import { refuse } from "../../shared/errors.ts";
import type { StartSighting } from "../../shared/kubernetes/wait-ready.ts";
import type { Start } from "../../shared/lifecycle/start-times.ts";
import { samplePlan } from "../../test/sample-plan.ts";
import type { Services } from "../services.ts";
import type { HubSurroundings } from "./activity.ts";
import { deploymentActivities } from "./deployment.ts";

const now = new Date("2026-06-15T09:00:30.000Z");
const plan = samplePlan({ username: "alice" });
const request = { id: "r1", username: "alice", workspace: plan.workspace, requestedAt: now.toISOString(), claims: {} };
const before = { deployment: null, others: [] };

/** Looks once. Returns what is remembered of the image, and what the orchestration reads. */
async function look(sighting: StartSighting) {
  const ended: [image: string, start: Start][] = [];
  const services = {
    now: () => now,
    desktops: { waitReady: () => Promise.resolve(sighting) },
    records: { readRecent: () => Promise.resolve({ admission: { admittedAt: "2026-06-15T09:00:00.000Z" } }) },
    starts: { noteKind: () => undefined, ended: (image: string, start: Start) => ended.push([image, start]) },
  } as unknown as Services;
  const around = { fence: { username: "alice", generation: 1 } } as unknown as HubSurroundings;
  const input = { plan, request, before, looks: "once" } as unknown as Parameters<
    ReturnType<typeof deploymentActivities>["waitReady"]
  >[0];
  return { told: await deploymentActivities(services).waitReady(input, around), ended };
}

it("a start that the image fails is remembered of the image", async () => {
  const refusal = refuse("cannot-start", "ErrImagePull: manifest unknown");
  const { told, ended } = await look({ ...refusal, blamesImage: true });
  expect(told).toEqual(refusal);
  const person = personId("alice");
  expect(ended).toEqual([[plan.image, { at: now.toISOString(), seconds: 30, failed: refusal.reason, person }]]);
});

it("a start that a quota, a missing Secret or the lack of a node fails is not", async () => {
  const refusal = refuse("cannot-start", "exceeded quota: small");
  expect(await look(refusal)).toEqual({ told: refusal, ended: [] });
});
