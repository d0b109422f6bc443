import { afterAll, beforeAll, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

it.each([
  ["never-ready", /^the container is running but not ready yet: Unhealthy: Readiness probe failed/],
  ["registry-away", /^(?:ErrImagePull|ImagePullBackOff): .* connect: connection refused$/],
  ["not-synced", /^CreateContainerConfigError: failed to sync secret cache: timed out waiting for the condition$/],
] as const)("a person whose desktop waits for %s reads the cluster's words, and gets it then", async (fault, said) => {
  const workspace = fault === "registry-away" ? "cancer-registry" : "asthma-cohort";
  const match = { namespace, deployment: deploymentName({ workspace, username: "alice" }) };
  await estate.ask("alice", null);
  estate.cluster.setFault(match, fault);
  const { body } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace });
  if (!("id" in body)) throw new Error(JSON.stringify(body));
  const progress = async () => {
    const reply = await estate.call<{ progress?: object }>("alice", "GET", `/operations/${body.id}`);
    return reply.body.progress ?? {};
  };
  await expect
    .poll(progress, { timeout: 60_000 })
    .toMatchObject({ step: "readiness", message: expect.stringMatching(said) as string });
  estate.cluster.setFault(match, null);
  expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
});
