import { describe, expect, it } from "vitest";
import { entitlementsAt } from "./entitlements.ts";

const now = new Date("2026-11-27T12:00:00Z");
const key = { workspace: "cohort-a", username: "alice" };

function endsAt(timeZone: string, expires: string, availableFrom = "2020-01-01") {
  const workspace = { name: "cohort-a", displayName: "a", description: "a", availableFrom, expires };
  const binding = { name: "a", workspace: "cohort-a", username: "alice", expires, claims: [] };
  const known = { workspaces: [workspace], bindings: [binding], unreadable: { workspaces: [], bindings: [] } };
  return entitlementsAt(now, timeZone, known)(key, {});
}

describe("until when a person may have a desktop", () => {
  it.each(["UTC", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12"])(
    "without an end in sight it is not now, nor before any instant that is compared with it as text: %s",
    (timeZone) => {
      const { endsAt: end } = endsAt(timeZone, "9999-12-31") as { endsAt: string };
      expect(end > now.toISOString()).toBe(true);
      expect(end).toMatch(/^9999-12-31T/);
      expect(new Date(end).toISOString()).toBe(end);
    },
  );

  it("a workspace that opened in the first year is open", () => {
    expect(endsAt("America/New_York", "2026-12-31", "0001-01-01")).toEqual({ endsAt: "2027-01-01T05:00:00.000Z" });
  });

  it("what ended in the first year has ended", () => {
    expect(endsAt("America/New_York", "0001-01-01")).toEqual({
      ended: "the right to use cohort-a ended after 0001-01-01 (binding a)",
    });
  });
});
