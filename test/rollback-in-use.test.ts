import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { closeSessions, openSession } from "./keycloak-person.ts";

/** The last step of an activation fails, and with it the undoing of all steps: for a time the desktop can be opened. */
let estate: TestEstate;
const workspace = "asthma-cohort";

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});
afterEach(async () => {
  await closeSessions(estate, workspace, "alice");
  await estate.ask("alice", null);
});

const desktop = async () => (await estate.callAsService<{ state: string }>("GET", "/users/alice/desktop")).body.state;

/** Lets the next try of the undoing begin. */
async function tryAgain(): Promise<void> {
  estate.mend();
  vi.setSystemTime(Date.now() + 5 * 60_000);
  await estate.host.trigger("wakeForgotten");
  await estate.host.whenIdle();
}

it.each([
  ["is taken back if nobody has opened it meanwhile", false, "absent"],
  ["stays if its person has", true, "in-use"],
])("what a failed activation left behind %s", async (_, opened, state) => {
  estate.faults.beforeActivity = ({ name }) => {
    if (/^(recordActive|restore|revoke|remove|delete|planRollback)/.test(name)) throw new Error("[step-failed] away");
  };
  expect(await estate.ask("alice", workspace)).toMatchObject({ state: "failed" });
  if (opened) await openSession(estate, workspace, "alice");
  await tryAgain();
  expect(await desktop()).toBe(state);
});
