import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Recorder, startRecorder } from "./contract.ts";
import { type IdentityProvider, recordedRetries, startIdentityProvider } from "./provider.ts";

let recorder: Recorder;
let provider: IdentityProvider;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());
beforeEach(async () => {
  const user = { username: "alice", password: "alice" };
  provider = await startIdentityProvider({ store: ":memory:", audience: "api", clients: [], users: [user] });
  recorder.answer(200);
  return () => provider.close();
});

interface Sent {
  id: string;
  uid: string;
  type: string;
}
/** What arrives from now on. */
function arriving(): () => Sent[] {
  const before = recorder.calls.length;
  return () => recorder.calls.slice(before).map(({ body }) => JSON.parse(body) as Sent);
}

it.each([400, 401, 503])("an event that is answered with %i is sent again, the same each time", async (status) => {
  provider.tell({ webhook: { url: recorder.url, secret: "s", retries: recordedRetries.map(() => 1) } });
  recorder.answer(status);
  const arrived = arriving();
  await provider.signIn("alice");
  expect(arrived()).toHaveLength(5);
  expect(new Set(arrived().map((event) => JSON.stringify(event))).size).toBe(1);
});

it("an event is not sent again without retries, nor after a success, nor after a lost connection", async () => {
  const arrived = arriving();
  provider.tell({ webhook: { url: recorder.url, secret: "s", retries: [1] } });
  await provider.signIn("alice");
  provider.tell({ webhook: { url: recorder.url, secret: "s" } });
  recorder.answer(503);
  await provider.signIn("alice");
  expect(arrived()).toHaveLength(2);

  const gone = await startRecorder();
  await gone.close();
  provider.tell({ webhook: { url: gone.url, secret: "s", retries: [60_000] } });
  await provider.signIn("alice"); // does not wait for the minute
});

it("events that are held back arrive when they are released, in the opposite order if a test wants that", async () => {
  provider.tell({ webhook: { url: recorder.url, secret: "s" } });
  const arrived = arriving();
  const held = provider.holdEvents();
  const { signOut } = await provider.signIn("alice");
  await signOut();
  expect(arrived()).toEqual([]);
  await held.release("reversed");
  expect(arrived().map(({ type }) => type)).toEqual(["access.LOGOUT", "access.LOGIN"]);
  await provider.signIn("alice");
  expect(arrived()).toHaveLength(3);
});

it("logging in joins the first session, unless it is to be one of its own", async () => {
  const first = await provider.signIn("alice");
  expect((await provider.signIn("alice")).session).toBe(first.session);
  expect((await provider.signIn("alice", { ownSession: true })).session).not.toBe(first.session);
  await expect(provider.signIn("zoe")).rejects.toThrow("sign in zoe: there is no such person");
});
