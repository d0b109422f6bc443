import { format } from "prettier";
import { beforeAll, describe, expect, it } from "vitest";
import { culls, type Server } from "./idle-culler.ts";
import { compareRules, type Comparison, renderReport } from "./side-by-side.ts";

describe("the rule of jupyterhub-idle-culler", () => {
  const now = Date.parse("2026-03-02T12:00:00Z");
  const ago = (seconds: number) => now - seconds * 1_000;
  const server: Server = { pending: null, ready: true, startedAt: ago(7_200), lastActivity: ago(3_600) };
  const options = { timeoutSeconds: 3_600, maxAgeSeconds: 0 };

  it.each<[string, Partial<Server>, Partial<typeof options>, boolean]>([
    ["nothing for the timeout", {}, {}, true],
    ["nothing for a second less", { lastActivity: ago(3_599) }, {}, false],
    ["never any activity: its age counts", { lastActivity: null }, {}, true],
    ["never any activity, and young", { lastActivity: null, startedAt: ago(60) }, {}, false],
    ["older than the greatest age, whatever it does", { lastActivity: now }, { maxAgeSeconds: 7_200 }, true],
    ["just started", { pending: "spawn" }, { maxAgeSeconds: 60 }, false],
    ["not ready", { ready: false }, { maxAgeSeconds: 60 }, false],
  ])("%s", (_words, change, changedOptions, expected) => {
    expect(culls({ ...server, ...change }, { ...options, ...changedOptions }, now)).toBe(expected);
  });
});

describe("side by side with jupyterhub-idle-culler", () => {
  let comparison: Comparison;
  beforeAll(() => {
    const known = { instancesKnown: true, restAsked: true, historyEmptied: true };
    const unknown = { instancesKnown: false, restAsked: false };
    comparison = compareRules([known, unknown], 400);
  });

  it("our rule is right wherever somebody is connected", () => {
    expect(comparison.cutOff).toBe(0);
    const connected = comparison.differences.filter(({ inUse }) => inUse);
    expect(connected.length).toBeGreaterThanOrEqual(4);
    for (const difference of connected) expect(difference).toMatchObject({ ours: "keeps", right: "our rule" });
  });

  it.each([
    ["connected for longer than the time-out", "starts and ends", 500],
    ["connected for longer than the time-out", "starts", 500],
    ["a source of facts does not answer", "traffic", 5],
    ["a source of facts does not answer", "starts and ends", 100],
    ["the history was emptied", "starts and ends", 50],
    ["an administrator keeps it", "traffic", 10],
    ["an administrator has paused reaping", "traffic", 50],
    ["nobody came since it was started", "traffic", 50],
    ["the container is not ready any more", "traffic", 5],
  ] as const)("the culler is wrong: %s, by %s", (what, reading, least) => {
    const wrong = comparison.differences.filter(
      (difference) => difference.what === what && difference.right === "our rule",
    );
    const count = wrong.reduce((sum, { desktops }) => sum + desktops[reading], 0);
    expect(count).toBeGreaterThanOrEqual(least);
  });

  it.each([
    [
      "keeps",
      [
        "Guacamole's clock is ahead",
        "a row was left open by a crash or an outage",
        "a source of facts does not answer",
        "the history was emptied",
      ],
    ],
    ["takes down", ["Guacamole's clock is behind", "the history was emptied"]],
  ] as const)("where our rule %s and the culler is right, nobody is connected, and it is one of %o", (ours, kinds) => {
    const paid = comparison.differences.filter((each) => each.ours === ours && each.right === "the culler");
    expect(paid.map(({ what }) => what).sort()).toEqual(kinds);
    expect(paid.some(({ inUse }) => inUse)).toBe(false);
  });

  it("the page shows it", async () => {
    const page = await format(renderReport(comparison), { parser: "markdown", printWidth: 120 });
    await expect(page).toMatchFileSnapshot("side-by-side.md");
  });
});
