import { describe, expect, it } from "vitest";
import type { Directory } from "../../shared/identity/directory.ts";
import { ProductError } from "../../shared/errors.ts";
import type { Told } from "../../shared/person/notice.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import type { Services } from "../services.ts";
import { standingOf } from "./standing.ts";

const at = "2026-11-24T10:00:00.000Z";
const record: PersonRecord = {
  request: { id: "1", username: "alice", subject: "s", workspace: "cohort", requestedAt: at, claims: {} },
  outcomes: {},
};
const away: Directory = {
  gaps: () => Promise.resolve([]),
  fault: () => Promise.resolve(null),
  clients: () => Promise.resolve(new Map()),
  look: () => Promise.reject(new ProductError("identity-unavailable", "it does not answer")),
};
const ask = (told: Told, log: string[] = [], late?: true) =>
  standingOf({ directory: away } as unknown as Services, record, { id: "n", at, told, ...(late && { late }) }, (line) =>
    log.push(line),
  );

describe("an identity provider that does not answer", () => {
  it("leaves the decision to an event that says what happened", async () => {
    const log: string[] = [];
    expect(await ask({ what: "disabled" }, log)).toBeUndefined();
    expect(await ask({ what: "gone", claim: "roles", values: ["reader"] }, log)).toBeUndefined();
    expect(log).toEqual(Array(2).fill("it does not answer; deciding by the event alone"));
  });

  it.each<[string, Told, true?]>([
    ["does not say what changed", { what: "changed" }],
    ["does not say which role is gone", { what: "gone", claim: "roles", values: [] }],
    ["is late", { what: "disabled" }, true],
  ])("is asked again about an event that %s: the failure is retried", async (_, told, late) => {
    await expect(ask(told, [], late)).rejects.toMatchObject({ code: "identity-unavailable" });
  });
});
