import { describe, expect, it } from "vitest";
import { unlessKnown } from "./if-none-match.ts";

const answer = (state: string) => ({ status: 200, body: { state } });
const sent = (value?: string) => ({ headers: new Headers(value === undefined ? {} : { "if-none-match": value }) });
const etagOf = (state: string) => unlessKnown(sent(), answer(state)).headers?.["etag"] ?? "";

describe("an answer with an ETag", () => {
  it("differs if the answer does", () => {
    expect(etagOf("ready")).toMatch(/^"[\w-]{22}"$/);
    expect(etagOf("ready")).not.toBe(etagOf("idle"));
  });

  it.each([
    ["the same", (etag: string) => etag, 304],
    ["one of several", (etag: string) => `"other", ${etag}`, 304],
    ["the same, marked as weak by a gateway", (etag: string) => `W/${etag}`, 304],
    ["any", () => "*", 304],
    ["another", () => '"other"', 200],
    ["part of it", (etag: string) => etag.slice(0, -2), 200],
  ])("is sent without a body if the caller has %s", (_words, value, status) => {
    const got = unlessKnown(sent(value(etagOf("ready"))), answer("ready"));
    expect(got).toMatchObject({ status, headers: { etag: etagOf("ready") } });
    expect(got.body === undefined).toBe(status === 304);
  });

  it("leaves refusals alone", () => {
    expect(unlessKnown(sent("*"), { status: 503 })).toEqual({ status: 503 });
  });
});
