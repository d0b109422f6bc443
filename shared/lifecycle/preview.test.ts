import { describe, expect, it } from "vitest";
import type { PersonRecord } from "../person/record.ts";
import {
  type Affected,
  countConnected,
  type Previewed,
  previewEnd,
  previewExtension,
  previewRetirement,
  previewSuspension,
} from "./preview.ts";

const at = "2026-11-24T10:00:00.000Z";
const until = "2026-11-24T18:00:00.000Z";
const record: PersonRecord = {
  request: { id: "1", username: "alice", workspace: "cohort", requestedAt: at, claims: {} },
  outcomes: { 1: { state: "done", at, message: "ready" } },
};
/** alice is connected to it. */
const used: Previewed = {
  id: "d1",
  username: "alice",
  workspace: "cohort",
  state: "in-use",
  connected: true,
  replicas: 1,
  decision: { action: "keep", rule: "in-use", reason: "" },
  record,
};
const stopped: Partial<Previewed> = { state: "suspended", replicas: 0, connected: false };
const elsewhere = { record: { ...record, request: { ...record.request, workspace: null } } };
const ending = (action: "suspend" | "retire"): Partial<Previewed> => ({
  decision: { ...used.decision, next: { at, action, reason: "so" } },
});

describe("a preview", () => {
  it.each<[string, string[], (string | RegExp)[]]>([
    [
      "of a suspension says what is kept, and whose session ends",
      previewSuspension(used).would,
      [/^the desktop of alice in cohort: access is withdrawn/, "1 person connected now, whose sessions end"],
    ],
    [
      "of a suspension says if nobody is connected",
      previewSuspension({ ...used, connected: false }).would,
      [/access is withdrawn/, "nobody is connected now"],
    ],
    [
      "of a suspension says if that is not known",
      previewSuspension({ ...used, connected: null }).would,
      [/access is withdrawn/, "of 1 person it is not known whether they are connected"],
    ],
    [
      "of a suspension is that its start ends, if it does not run yet",
      previewSuspension({ ...used, ...stopped }).would,
      [/it does not run, and is not started any more/, /nobody/],
    ],
    [
      "of a suspension is nothing if it is suspended",
      previewSuspension({ ...used, ...stopped, ...elsewhere }).would,
      [],
    ],
    [
      "of an extension says until when",
      previewExtension(used, until).would,
      [/^the desktop of alice in cohort is kept until 2026-11-24T18:00:00.000Z: until then/],
    ],
    [
      "of an extension says what it replaces, and what would happen without it",
      previewExtension(
        { ...used, ...ending("suspend"), record: { ...record, kept: { workspace: "cohort", until: at, by: "olga" } } },
        until,
      ).would,
      [/, instead of until 2026-11-24T10:00:00.000Z \(olga\): /, /^without that it would be suspended at .*: so$/],
    ],
    [
      "of an extension says that an entitlement ends all the same",
      previewExtension({ ...used, ...ending("retire") }, until).would,
      [/is kept until/, /^it is removed at 2026-11-24T10:00:00.000Z all the same: so$/],
    ],
    [
      "of a removal says that it is permanent, and what the person wants afterwards",
      previewRetirement(used).would,
      [/removed permanently/, "alice wants it, and wants none afterwards", /1 person connected/],
    ],
    [
      "of a removal says nothing of sessions if it does not run",
      previewRetirement({ ...used, ...stopped, ...elsewhere }).would,
      [/removed permanently/],
    ],
    [
      "of a removal that is under way is nothing more",
      previewRetirement({
        ...used,
        record: { ...record, removals: [{ id: "2", workspace: "cohort", requestedAt: at, reason: "over" }] },
      }).would,
      [/^nothing more: .* since 2026-11-24T10:00:00.000Z$/],
    ],
  ])("%s", (_words, would, expected) => {
    expect(would).toEqual(
      expected.map((each) => (each instanceof RegExp ? expect.stringMatching(each) : each) as string),
    );
  });

  it("of the end of many sessions counts desktops, and each person once", () => {
    const desktops: Affected[] = [
      used,
      { ...used, id: "d2", workspace: "registry" },
      { ...used, id: "d3", username: "bob", connected: null },
      { ...used, id: "d4", username: "carol", connected: false },
    ];
    expect(countConnected(desktops)).toEqual({ people: 1, notKnown: 1 });
    const { would } = previewEnd(desktops, { activationPaused: true });
    expect(would).toEqual([
      "4 desktops are suspended, in use or not",
      "1 person connected now, whose sessions end",
      "of 1 person it is not known whether they are connected",
      "activation is paused: nobody gets a desktop again before it is resumed",
    ]);
    expect(previewEnd([], { activationPaused: false })).toEqual({ would: [], desktops: [] });
    expect(previewEnd([used], { activationPaused: false }).would[0]).toBe("1 desktop is suspended, in use or not");
  });
});
