import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { deploymentName } from "../shared/desktop/names.ts";
import { reconcile } from "./drift.ts";
import { keycloakAdmin, namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { closeSessions, logIn, openSession, presenceOf, subjectOf } from "./keycloak-person.ts";

/** Alice's newest request failed, so that the desktop that she had before goes on; then she logs out. */
let estate: TestEstate;
const works = "cancer-registry";
const fails = "asthma-cohort";
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate(undefined, {
    KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
    KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
  });
  const deployment = deploymentName({ workspace: fails, username: "alice" });
  estate.cluster.setFault({ namespace, deployment }, "crash-loop");
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
beforeEach(async () => {
  await logIn(estate, "alice", works);
  const wish = { workspace: fails, subject: await subjectOf(estate, "alice") };
  const { body } = await estate.callAsService("PUT", "/users/alice/desktop", wish);
  expect(await estate.end("alice", body)).toMatchObject({ state: "failed" });
  // The task hub waited for readiness on a clock of its own.
  minutes(20);
});

const desktop = async () =>
  (await estate.callAsService<{ state: string; workspace: string }>("GET", "/users/alice/desktop")).body;
const endLeaves = async () => {
  minutes(16);
  await estate.host.trigger("endLeaves");
  await estate.host.whenIdle();
};

it("a logout that nobody told of is found all the same, and the desktop is suspended", async () => {
  estate.identity.tell({});
  await estate.identity.logOut("alice");
  estate.listen();
  await reconcile(estate);
  expect(await presenceOf(estate, "alice")).toMatchObject({ leaving: { unlessInUse: true } });
  await endLeaves();
  expect(await desktop()).toMatchObject({ state: "suspended" });
});

it("a person who opens that desktop within the grace period is back", async () => {
  await estate.identity.logOut("alice");
  await estate.host.whenIdle();
  expect(await presenceOf(estate, "alice")).toMatchObject({ leaving: { until: expect.any(String) as string } });
  minutes(1);
  await openSession(estate, works, "alice");
  await endLeaves();
  expect(await desktop()).toMatchObject({ state: "in-use", workspace: works });
  expect((await presenceOf(estate, "alice"))?.leaving).toBeUndefined();
  await closeSessions(estate, works, "alice");
});
