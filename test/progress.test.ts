import { afterAll, beforeAll, expect, it } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

it("a person who waits for a desktop sees the cluster's latest event", async () => {
  const match = { namespace, deployment: deploymentName({ workspace: "asthma-cohort", username: "alice" }) };
  estate.cluster.setFault(match, "never-ready");
  const { body } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: "asthma-cohort" });
  if (!("id" in body)) throw new Error(JSON.stringify(body));
  const progress = async () => {
    const reply = await estate.call<{ progress?: object }>("alice", "GET", `/operations/${body.id}`);
    return reply.body.progress ?? {};
  };
  const said = /^the container is running but not ready yet: Unhealthy: Readiness probe failed/;
  await expect
    .poll(progress, { timeout: 60_000 })
    .toMatchObject({ step: "readiness", message: expect.stringMatching(said) as string });
  estate.cluster.setFault(match, null);
  expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
});
