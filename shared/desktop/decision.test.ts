import { describe, expect, it } from "vitest";
import { takenDecisionSchema } from "./decision.ts";

const at = "2026-11-24T10:00:00.000Z";

function kindOf(evidence: object): string | undefined {
  const taken = { workspace: "a", at, action: "keep", rule: "idle", reason: "", evidence: { at, ...evidence } };
  return takenDecisionSchema.parse(taken).evidence?.kind;
}

describe("the kind of stored evidence", () => {
  it.each([
    ["a request that has not ended", "request", "open-request"],
    ["started, and not ready", "Kubernetes", "not-ready"],
    ["reaping paused", "administrator", "reaping-paused"],
    ["started", "Kubernetes", "started"],
    ["ready", "request", "ready"],
    ["the person's last login or request", "request", "last-seen"],
    ["a session that is open", "Guacamole's history", "open-session"],
    ["a connection that is active", "Guacamole", "active-connection"],
    ["a session began", "Guacamole's history", "session-began"],
    ["a session ended", "Guacamole's history", "session-ended"],
    ["a session ended at the latest", "Guacamole", "presumed-end"],
  ])("follows from the words of release 0.1.0: %s", (what, source, kind) => {
    expect(kindOf({ what, source })).toBe(kind);
  });
  it.each(["kept until tomorrow by olga", "the binding ended", "", "constructor"])(
    "is not known of other words: %j",
    (what) => {
      expect(kindOf({ what, source: "administrator" })).toBeUndefined();
    },
  );
  it("is what it says itself, whatever its words are", () => {
    expect(kindOf({ kind: "ready", what: "a session began", source: "request" })).toBe("ready");
  });
});
