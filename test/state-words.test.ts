import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { accepted, startTestEstate, type TestEstate } from "./estate.ts";
import { closeSessions, openSession } from "./keycloak-person.ts";

/** Every route that shows a desktop's state says the same of the same desktop at the same time. */
let estate: TestEstate;
const workspace = "asthma-cohort";

interface Shown {
  id?: string;
  workspace: string;
  state: string;
  reason: string;
}
interface Offered {
  workspaces: { workspace: string; desktop?: Shown }[];
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});

const get = async <Body>(path: string) => (await estate.call<Body>("olga", "GET", path)).body;
const listed = async () =>
  (await get<{ desktops: Shown[] }>(`/desktops?username=alice&workspace=${workspace}`)).desktops;

/** What each route says of alice's desktop. */
async function told(): Promise<Record<string, { state?: string | undefined; reason?: string | undefined }>> {
  const [offered, own, [one]] = await Promise.all([
    get<Offered>("/users/alice/workspaces"),
    get<Shown>("/users/alice/desktop"),
    listed(),
  ]);
  const desktop = offered.workspaces.find((each) => each.workspace === workspace)?.desktop;
  const byId = await get<Shown>(`/desktops/${one?.id ?? "none"}`);
  const words = (shown: Shown | undefined) => ({ state: shown?.state, reason: shown?.reason });
  return { workspaces: words(desktop), desktop: words(own), desktops: words(one), desktopById: words(byId) };
}

async function expectEverywhere(state: string): Promise<void> {
  const said = await told();
  expect(Object.values(said).map((each) => each.state)).toEqual([state, state, state, state]);
  const [first] = Object.values(said);
  for (const each of Object.values(said)) expect(each.reason).toBe(first?.reason);
}

it("ready", async () => {
  expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
  await expectEverywhere("ready");
});

it("in-use", async () => {
  await openSession(estate, workspace, "alice");
  await expectEverywhere("in-use");
});

it("idle", async () => {
  vi.setSystemTime(Date.now() + 60_000); // Less than five seconds would be no session.
  await closeSessions(estate, workspace, "alice");
  await expectEverywhere("idle");
});

// The session that is open goes on (measured on Guacamole 1.6.0, November 2026); nobody can open a new one.
it("failed, if the connection was deleted under an open session, until reconciliation has written it again", async () => {
  await openSession(estate, workspace, "alice");
  await estate.guacamole.query("DELETE FROM guacamole_connection WHERE connection_name = 'alice'");
  await expectEverywhere("failed");
  await estate.host.trigger("reconcileTimer");
  await estate.host.whenIdle();
  await expectEverywhere("in-use");
  vi.setSystemTime(Date.now() + 60_000);
  await estate.guacamole.query("UPDATE guacamole_connection_history SET end_date = $1 WHERE end_date IS NULL", [
    new Date(),
  ]);
  await expectEverywhere("idle");
});

it("suspended, also by an administrator", async () => {
  const [desktop] = await listed();
  accepted(
    await estate.call("olga", "POST", `/desktops/${desktop?.id ?? "none"}/suspend`, { reason: "the cluster is moved" }),
  );
  await estate.host.whenIdle();
  await expectEverywhere("suspended");
});

it("retiring", async () => {
  expect(await estate.ask("alice", workspace)).toMatchObject({ state: "done" });
  const [desktop] = await listed();
  const seen: Promise<void>[] = [];
  // While its first step is under way nothing of it is gone yet.
  estate.faults.beforeActivity = ({ name }) => {
    if (name !== "listDesktops" || seen.length > 0) return;
    const looked = expectEverywhere("retiring");
    seen.push(looked);
    return looked;
  };
  accepted(
    await estate.call("olga", "POST", `/desktops/${desktop?.id ?? "none"}/retire`, { reason: "the project ended" }),
  );
  await estate.host.whenIdle();
  estate.mend();
  expect(seen).toHaveLength(1);
  await seen[0];
  expect(await listed()).toEqual([]);
});
