import { expect, it } from "vitest";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import type { HubSurroundings } from "./activity.ts";
import { noticeActivities } from "./notices.ts";

const at = "2026-06-15T12:00:00.000Z";

/** What becomes of a person with this subject when the deletion of `s1` is followed: the request that is written, if any. */
async function followDeletion(subject: string | undefined): Promise<PersonRecord["request"] | undefined> {
  const request = { id: "r1", username: "alice", workspace: "a", requestedAt: at, claims: {}, subject };
  const record: PersonRecord = { request, outcomes: {} };
  let written: PersonRecord | null = null;
  const services = {
    settings: {},
    now: () => new Date(at),
    records: {
      read: () => Promise.resolve(record),
      update: (_: string, change: (current: PersonRecord) => PersonRecord) =>
        Promise.resolve((written = change(record))),
    },
  } as unknown as Services;
  const hub = { startOnce: () => Promise.resolve("accepted"), tellNews: () => Promise.resolve() };
  const around = { hub, info: () => undefined, error: () => undefined } as unknown as HubSurroundings;
  const notice = { id: "n1", at, subject: "s1", told: { what: "deleted" } } as const;
  await noticeActivities(services).applyNotice({ notice, username: "alice" }, around);
  return (written as PersonRecord | null)?.request;
}

it.each([["s1"], [undefined]])(
  "a deletion retires the person whose id it names, or whose id is not known (%s)",
  async (subject) => {
    expect(await followDeletion(subject)).toMatchObject({ workspace: null, retire: true });
  },
);

it("a deletion leaves somebody alone who has got the username since", async () => {
  expect(await followDeletion("s2")).toBeUndefined();
});
