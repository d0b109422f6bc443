import { describe, expect, it } from "vitest";
import { findGaps } from "./health.ts";

describe("the gaps of a set-up", () => {
  const urls = ["https://guacamole.example.org/guacamole"];
  const labels = { app: "guacamole" };

  // Measured on Guacamole 1.6.0 in November 2026, with two `kill -9`: the rows stay open, and no start closes them.
  it("are that nothing tells which open sessions are alive", () => {
    expect(findGaps({ GUACAMOLE_API_URLS: undefined, GUACAMOLE_LABELS: undefined })).toEqual([
      expect.stringMatching(/keeps its desktop in use.*set GUACAMOLE_API_URLS.*or GUACAMOLE_LABELS/),
    ]);
  });

  it.each([
    ["Guacamole is asked", { GUACAMOLE_API_URLS: urls, GUACAMOLE_LABELS: undefined }],
    ["its pods are known", { GUACAMOLE_API_URLS: undefined, GUACAMOLE_LABELS: labels }],
    ["both are", { GUACAMOLE_API_URLS: urls, GUACAMOLE_LABELS: labels }],
  ])("are none if %s", (_, settings) => {
    expect(findGaps(settings)).toEqual([]);
  });
});
